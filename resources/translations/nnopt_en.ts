<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
    <context>
        <name>DetailsPanel</name>
        <message numerus="yes">
            <source>%n thread(s), batch {}</source>
            <translation>
                <numerusform>%n thread, batch {}</numerusform>
                <numerusform>%n threads, batch {}</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>JobOutcome</name>
        <message numerus="yes">
            <source>%n trial(s) finished</source>
            <translation>
                <numerusform>%n trial finished</numerusform>
                <numerusform>%n trials finished</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n trial(s) failed</source>
            <translation>
                <numerusform>%n trial failed</numerusform>
                <numerusform>%n trials failed</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>, %n failed</source>
            <translation>
                <numerusform>, %n failed</numerusform>
                <numerusform>, %n failed</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>PlotBar</name>
        <message numerus="yes">
            <source>Published results (%n)</source>
            <translation>
                <numerusform>Published results (%n)</numerusform>
                <numerusform>Published results (%n)</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>Plotting</name>
        <message numerus="yes">
            <source>%n published results imported.</source>
            <translation>
                <numerusform>%n published result imported.</numerusform>
                <numerusform>%n published results imported.</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>Program</name>
        <message numerus="yes">
            <source>%n trials were deleted.</source>
            <translation>
                <numerusform>%n trial was deleted.</numerusform>
                <numerusform>%n trials were deleted.</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>RecipePanel</name>
        <message numerus="yes">
            <source>%n layer(s) have their own amount</source>
            <translation>
                <numerusform>%n layer has its own amount</numerusform>
                <numerusform>%n layers have their own amount</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n layer(s) have their own bits</source>
            <translation>
                <numerusform>%n layer has its own bits</numerusform>
                <numerusform>%n layers have their own bits</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>SweepPanel</name>
        <message numerus="yes">
            <source>%n trial(s)</source>
            <translation>
                <numerusform>%n trial</numerusform>
                <numerusform>%n trials</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n measured already and reused</source>
            <translation>
                <numerusform>%n measured already and reused</numerusform>
                <numerusform>%n measured already and reused</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n epoch(s) of training</source>
            <translation>
                <numerusform>%n epoch of training</numerusform>
                <numerusform>%n epochs of training</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>SweepResume</name>
        <message numerus="yes">
            <source>The last sweep of this study was not finished: %n recipe(s) are left.</source>
            <translation>
                <numerusform>The last sweep of this study was not finished: %n recipe is left.</numerusform>
                <numerusform>The last sweep of this study was not finished: %n recipes are left.</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>TargetButton</name>
        <message numerus="yes">
            <source>Target: this PC · %n thread(s) · {}</source>
            <translation>
                <numerusform>Target: this PC · %n thread · {}</numerusform>
                <numerusform>Target: this PC · %n threads · {}</numerusform>
            </translation>
        </message>
    </context>
</TS>
