"""A sweep that a crash or the end of the window cut short is offered again."""

from nnopt_gui.engine.recipe import Recipe


def test_a_sweep_that_was_not_finished_is_offered_again(driver, tmp_path):
    driver.open_demo()
    program, path = driver.program, tmp_path / "mine.nnopt"
    driver.save_study_as(path)
    recipes = [Recipe.build(weight_bits=bits) for bits in (8, 4, 3)]
    program.explorer.run_sweep(recipes)
    driver.wait_idle()
    program.explorer.close_study()
    driver.open_study(path)
    assert program.resume.left() == () and "not finished" not in " ".join(driver.messages)
    with program.workspace.editing() as study:
        for bits in (4, 3):
            study.remove(study.find(Recipe.build(weight_bits=bits).fingerprint).number)
    program.explorer.close_study()
    driver.open_study(path)
    assert "not finished: 2 recipes are left" in " ".join(driver.messages)
    driver.fix("Resume")
    driver.wait_idle()
    assert program.resume.left() == () and len(program.workspace.columns) == 4
