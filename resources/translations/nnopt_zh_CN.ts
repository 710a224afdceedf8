<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>Actions</name>
    <message>
        <source>&amp;File</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try the demo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open the embedded network and its data</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open model…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open weights or an ONNX file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open model by name…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A torchvision network, or one of the program&apos;s own</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open data…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a folder of images or of a known data set</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open data file…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open images and labels in one .npz file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New study</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close this study and start afresh</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open study…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a .nnopt file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save study as…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep the trials and their files under a name of yours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export plot…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The first plot as PNG, SVG or PDF</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export table…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All trials as CSV</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Undo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Redo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pin trial</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Mark the selected trial, or release it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete trial</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take the selected trial out of the study (can be undone)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Auto-fit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Let the plots follow new points</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run this point</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Make, write and measure the file that the sliders describe</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quick sweep</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>About a dozen recipes that show what is possible</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sweep…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose ranges instead of single values</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop, keep results</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop the job; finished trials are kept</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save model…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save the selected point as a verified ONNX file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>To sliders</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Put the selected trial&apos;s recipe on the sliders</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Retry</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run the selected failed trial again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>About nnopt_gui</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>CurvePlot</name>
    <message>
        <source>Epoch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loss</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Training accuracy (%)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loss and accuracy appear here while a network is trained.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Training curves</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Training loss by epoch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Training accuracy by epoch</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DetailsPanel</name>
    <message>
        <source>Top-1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Δ vs. original</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Agreement</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Latency</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>MACs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Params</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Machine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Runtime</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Measured</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Took</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paired on the same images as the original: far tighter than the difference of two accuracies.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Conditions</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save this model…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>To sliders</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Retry</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing selected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Click a point or a row to see its numbers and to save its file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Original</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The untouched network as a float32 file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>On the Pareto front</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Within noise of the front</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not measured: no data</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>  ({}× smaller)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>, {} not zero</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} p50
{} p95, {} runs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>
{}× the original&apos;s speed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} of {}, {} part</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n thread(s), batch {}</source>
        <translation type="unfinished">
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>The machine was busy: the latency is uncertain.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Engine</name>
    <message>
        <source>Top-1 accuracy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Accuracy drop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Agreement with the original</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Size on disk</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Latency, batch 1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>MACs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>original</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>quantized</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>pruned</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>distilled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>combined</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>running</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>done</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>interrupted</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>train</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>calibration</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>selection</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>test</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ErrorBar</name>
    <message>
        <source>Messages</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Explorer</name>
    <message>
        <source>Data chosen: {}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Now open a model.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop and open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A job is running.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its finished trials are kept when it is stopped.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Measured already: trial #{}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Every point of this sweep is measured already.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A job is running: save when it has ended.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go on with the others</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use it</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FileDesk</name>
    <message>
        <source>{} is neither a model nor data nor a study.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models are .safetensors, .pth or .onnx; data are folders or .npz; studies are .nnopt.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save study as</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export plot</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export table</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Written: {}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FileDialogs</name>
    <message>
        <source>Open model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open data</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Images and labels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open study</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Studies</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save model as a folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name of the new folder:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open model by name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>torchvision:resnet18, or network:lenet5 (trained here first, on the data you open).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All files</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>HistogramPlot</name>
    <message>
        <source>Histogram of {what}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Weight</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Density</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a layer to see its weights.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Before</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>After</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{n} levels</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>JobOutcome</name>
    <message>
        <source>%n trial(s) finished</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>, %n failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>, stopped</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ready</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Saved, verified</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Saved, verified: {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} bytes, read back and measured again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{:.0f} % {}, {:.0f} % with {}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>as it is</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>another normalisation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The network was probably trained on images prepared that way.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>JobPanel</name>
    <message>
        <source>Progress of the job</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Saved {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop, keep results</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Finished trials are kept (Ctrl+.)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sweep {}/{}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Opening</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Running</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Saving</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>about {} left</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>LayerTableModel</name>
    <message>
        <source>Layer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Shape</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Bytes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Weights</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>MACs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Kind</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} of {} are not zero</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>conv</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>linear</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>LayersPanel</name>
    <message>
        <source>Layers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a model to see its layers.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Trial #{}: {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sliders: {}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Toolbar</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recipe</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Inspector</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Layers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Training</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Language</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Light</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dark</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>As the system</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>untitled study</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> (read-only)</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>Target: this PC · %n thread(s) · {}</source>
        <translation type="unfinished">
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A job is running.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Finished trials are in the study; the one that runs would be lost.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop and close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep running</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MessageFrame</name>
    <message>
        <source>Details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show technical details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Technical details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the message with its details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close (Esc)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close this message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Note</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Warning</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Error</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ModelPanel</name>
    <message>
        <source>no data: add some to measure accuracy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model: {} · {} params · {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Architecture: {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Input: {} × {} × {}, classes: {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>MACs: {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>File: {}, SHA-256 {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Data: {} · measured on {} images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>training</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>calibration</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>selection</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>test (sealed)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preprocessing: mean {}, std {}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PlotLegend</name>
    <message>
        <source>Quantized</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pruned</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Distilled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Combined</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Still measuring</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Predicted</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pareto front</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Original</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Current sliders</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PredictionCard</name>
    <message>
        <source>now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>vs. original</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>MACs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Params</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Latency</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Top-1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>run to measure</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>measured: #{}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Bytes and MACs are exact where no ≈ stands before them; latency is a guess.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Program</name>
    <message>
        <source>A bug in the window: {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What was measured is in the study. Please report it with the details.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Undo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Trial #{} was deleted.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No font for Chinese is installed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Untitled study of {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>About nnopt_gui</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quantise, prune and distil neural networks, and see what it costs. Apache License 2.0.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>RecipePanel</name>
    <message>
        <source>&amp;Quantize</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Prune</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Student network</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Fine-tune</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Distil</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Learn from the original&apos;s answers as well as from the labels.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Weight bits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Bits per weight in the file, per output channel.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Activation bits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Bits of the values between the layers.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Amount</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Share removed in the whole network, least important first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Epochs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Passes over the training images.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Temperature of distillation: softens the original&apos;s answers.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Weight of the original&apos;s answers against the labels.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Whole channels (structured)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Single weights (sparse)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What is pruned</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Student network</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run this point</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Make, write and measure this file (Ctrl+Return)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quick sweep</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>About a dozen recipes that show what is possible (Ctrl+Shift+Q)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sweep…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose ranges instead of single values (Ctrl+Shift+Return)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} wide</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} · {:.0f} % of the MACs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>An ONNX file has no weights to train: open the PyTorch weights for this.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>float32: as the original</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>float16: half the file, float speed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{}× smaller weights, float speed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>int8: a quarter of the file, fast</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{}× smaller weights, runs as int8</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>off: float32</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>float arithmetic</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>integer arithmetic, calibrated</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>fewer channels: fewer MACs and bytes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>zeros take one bit; same MACs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>off: nothing is removed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>a student has to be trained</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>off: no training</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} images seen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>training needs data</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>RecipeState</name>
    <message>
        <source>change of the recipe</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>recipe to sliders</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SweepPanel</name>
    <message>
        <source>Sweep</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Weight bits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Activation bits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pruned</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start sweep</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back to single values</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n trial(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>, about {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n measured already and reused</source>
        <translation type="unfinished">
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>whole channels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>single weights</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>pruning of {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>student {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n epoch(s) of training</source>
        <translation type="unfinished">
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>distilled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>labels only</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no training</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>From the sliders: {}.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TradeoffPair</name>
    <message>
        <source>Y</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>X</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Vertical axis</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>First horizontal axis</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Second horizontal axis</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Log X</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Logarithmic horizontal axes where the metric suits it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Front</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Draw the Pareto front</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>95 % CI</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Draw the 95 % intervals</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Auto-fit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The view follows new points; zooming by hand stops that</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The original is being measured…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Original</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Within noise of the front</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TradeoffPlot</name>
    <message>
        <source>{y} against {x}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{shown} trials, {front} on the Pareto front. Use the arrow keys to walk through them.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TrialTableModel</name>
    <message>
        <source>Original</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>running</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>unknown reason</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>failed: {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>interrupted</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>original</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>front</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>within noise of the front</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>done</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dominated</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pin</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>#</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recipe</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Top-1 %</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>± 95 %</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Size MB</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>p50 ms</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>MACs M</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Status</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pinned trials; press P to pin the selected one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The trial&apos;s number; 0 is the original.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What was done to the network.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Share of the selection images classified correctly.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Half width of the 95 % Wilson interval, in percentage points.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Bytes of the ONNX file on disk, in millions.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Median time of one image, measured in turn with the original.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Multiply-accumulates of one image, in millions.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where the trial stands on the first plot, or why it failed.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TrialsPanel</name>
    <message>
        <source>Filter: acc&gt;85 size&lt;0.1 prune</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filter of the trials</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Words, and conditions on acc, drop, size (MB), ms, macs (M), params (M).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Trials</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save this model…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>To sliders</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Retry</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unpin</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pin</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>WelcomePage</name>
    <message>
        <source>Make networks smaller, and see what it costs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quantise, prune and distil with sliders. Every point on the plot is a file: written, reloaded in ONNX Runtime and measured on this machine.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try the demo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A small network for handwritten digits, with its data; no download.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open model…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open data…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Or drop a model (.safetensors, .pth, .onnx), a data folder or .npz, or a study (.nnopt) here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recent</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Workspace</name>
    <message>
        <source>pin</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>unpin</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>delete trial</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
