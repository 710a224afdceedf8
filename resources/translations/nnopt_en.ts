<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
    <context>
        <name>DetailsPanel</name>
        <message numerus="yes">
            <source>%Ln thread(s), batch {}</source>
            <translation>
                <numerusform>%Ln thread, batch {}</numerusform>
                <numerusform>%Ln threads, batch {}</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>JobOutcome</name>
        <message numerus="yes">
            <source>%Ln trial(s) finished</source>
            <translation>
                <numerusform>%Ln trial finished</numerusform>
                <numerusform>%Ln trials finished</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln trial(s) failed</source>
            <translation>
                <numerusform>%Ln trial failed</numerusform>
                <numerusform>%Ln trials failed</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>, %Ln failed</source>
            <translation>
                <numerusform>, %Ln failed</numerusform>
                <numerusform>, %Ln failed</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>PlotBar</name>
        <message numerus="yes">
            <source>Published results (%Ln)</source>
            <translation>
                <numerusform>Published results (%Ln)</numerusform>
                <numerusform>Published results (%Ln)</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>Plotting</name>
        <message numerus="yes">
            <source>%Ln published results imported.</source>
            <translation>
                <numerusform>%Ln published result imported.</numerusform>
                <numerusform>%Ln published results imported.</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>Program</name>
        <message numerus="yes">
            <source>%Ln trials were deleted.</source>
            <translation>
                <numerusform>%Ln trial was deleted.</numerusform>
                <numerusform>%Ln trials were deleted.</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>RecipePanel</name>
        <message numerus="yes">
            <source>%Ln layer(s) have their own amount</source>
            <translation>
                <numerusform>%Ln layer has its own amount</numerusform>
                <numerusform>%Ln layers have their own amount</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln layer(s) have their own bits</source>
            <translation>
                <numerusform>%Ln layer has its own bits</numerusform>
                <numerusform>%Ln layers have their own bits</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>SweepPanel</name>
        <message numerus="yes">
            <source>%Ln trial(s)</source>
            <translation>
                <numerusform>%Ln trial</numerusform>
                <numerusform>%Ln trials</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln measured already and reused</source>
            <translation>
                <numerusform>%Ln measured already and reused</numerusform>
                <numerusform>%Ln measured already and reused</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln epoch(s) of training</source>
            <translation>
                <numerusform>%Ln epoch of training</numerusform>
                <numerusform>%Ln epochs of training</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>SweepResume</name>
        <message numerus="yes">
            <source>The last sweep of this study was not finished: %Ln recipe(s) are left.</source>
            <translation>
                <numerusform>The last sweep of this study was not finished: %Ln recipe is left.</numerusform>
                <numerusform>The last sweep of this study was not finished: %Ln recipes are left.</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>TargetButton</name>
        <message numerus="yes">
            <source>Target: this PC · %Ln thread(s) · {}</source>
            <translation>
                <numerusform>Target: this PC · %Ln thread · {}</numerusform>
                <numerusform>Target: this PC · %Ln threads · {}</numerusform>
            </translation>
        </message>
    </context>
</TS>
