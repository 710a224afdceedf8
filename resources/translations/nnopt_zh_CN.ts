<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>Actions</name>
    <message>
        <source>&amp;File</source>
        <translation>文件(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>编辑(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>视图(&amp;V)</translation>
    </message>
    <message>
        <source>&amp;Run</source>
        <translation>运行(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;Model</source>
        <translation>模型(&amp;M)</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>帮助(&amp;H)</translation>
    </message>
    <message>
        <source>Try the demo</source>
        <translation>试用演示</translation>
    </message>
    <message>
        <source>Open the embedded network and its data</source>
        <translation>打开内置的网络及其数据</translation>
    </message>
    <message>
        <source>Open model…</source>
        <translation>打开模型…</translation>
    </message>
    <message>
        <source>Open weights or an ONNX file</source>
        <translation>打开权重文件或 ONNX 文件</translation>
    </message>
    <message>
        <source>Open by name…</source>
        <translation>按名称打开…</translation>
    </message>
    <message>
        <source>A torchvision network, one of the program&apos;s own, or a known data set</source>
        <translation>torchvision 网络、程序自带的网络，或已知的数据集</translation>
    </message>
    <message>
        <source>Open data…</source>
        <translation>打开数据…</translation>
    </message>
    <message>
        <source>Open a folder of images or of a known data set</source>
        <translation>打开图像文件夹或已知数据集的文件夹</translation>
    </message>
    <message>
        <source>Open data file…</source>
        <translation>打开数据文件…</translation>
    </message>
    <message>
        <source>Open images and labels in one .npz file</source>
        <translation>打开含图像和标签的 .npz 文件</translation>
    </message>
    <message>
        <source>New study</source>
        <translation>新建研究</translation>
    </message>
    <message>
        <source>Close this study and start afresh</source>
        <translation>关闭当前研究，重新开始</translation>
    </message>
    <message>
        <source>Open study…</source>
        <translation>打开研究…</translation>
    </message>
    <message>
        <source>Open a .nnopt file</source>
        <translation>打开 .nnopt 文件</translation>
    </message>
    <message>
        <source>Save study as…</source>
        <translation>研究另存为…</translation>
    </message>
    <message>
        <source>Keep the trials and their files under a name of yours</source>
        <translation>用自己起的名称保存试验及其文件</translation>
    </message>
    <message>
        <source>Export plot…</source>
        <translation>导出图表…</translation>
    </message>
    <message>
        <source>The first plot as PNG, SVG or PDF</source>
        <translation>将第一张图导出为 PNG、SVG 或 PDF</translation>
    </message>
    <message>
        <source>Export table…</source>
        <translation>导出表格…</translation>
    </message>
    <message>
        <source>All trials as CSV</source>
        <translation>将全部试验导出为 CSV</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>重做</translation>
    </message>
    <message>
        <source>Pin trial</source>
        <translation>钉住试验</translation>
    </message>
    <message>
        <source>Mark the selected trial, or release it</source>
        <translation>标记所选试验，或取消标记</translation>
    </message>
    <message>
        <source>Delete trial</source>
        <translation>删除试验</translation>
    </message>
    <message>
        <source>Take the selected trial out of the study (can be undone)</source>
        <translation>从研究中移除所选试验（可撤销）</translation>
    </message>
    <message>
        <source>Auto-fit</source>
        <translation>自动缩放</translation>
    </message>
    <message>
        <source>Let the plots follow new points</source>
        <translation>让图表跟随新的点</translation>
    </message>
    <message>
        <source>Run this point</source>
        <translation>运行此点</translation>
    </message>
    <message>
        <source>Make, write and measure the file that the sliders describe</source>
        <translation>按滑块的设置生成、写入并测量文件</translation>
    </message>
    <message>
        <source>Quick sweep</source>
        <translation>快速扫描</translation>
    </message>
    <message>
        <source>About a dozen recipes that show what is possible</source>
        <translation>约十几个配方，快速了解能达到的效果</translation>
    </message>
    <message>
        <source>Sweep…</source>
        <translation>扫描…</translation>
    </message>
    <message>
        <source>Choose ranges instead of single values</source>
        <translation>选择取值范围而不是单个值</translation>
    </message>
    <message>
        <source>Stop, keep results</source>
        <translation>停止并保留结果</translation>
    </message>
    <message>
        <source>Stop the job; finished trials are kept</source>
        <translation>停止任务；已完成的试验会保留</translation>
    </message>
    <message>
        <source>Save model…</source>
        <translation>保存模型…</translation>
    </message>
    <message>
        <source>Save the selected point as a verified ONNX file</source>
        <translation>将所选的点保存为经过验证的 ONNX 文件</translation>
    </message>
    <message>
        <source>To sliders</source>
        <translation>载入滑块</translation>
    </message>
    <message>
        <source>Put the selected trial&apos;s recipe on the sliders</source>
        <translation>将所选试验的配方载入滑块</translation>
    </message>
    <message>
        <source>Retry</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Run the selected failed trial again</source>
        <translation>重新运行所选的失败试验</translation>
    </message>
    <message>
        <source>About nnopt_gui</source>
        <translation>关于 nnopt_gui</translation>
    </message>
</context>
<context>
    <name>BudgetRow</name>
    <message>
        <source>Size budget</source>
        <translation>文件大小预算</translation>
    </message>
    <message>
        <source>Measure sensitivity</source>
        <translation>测量敏感度</translation>
    </message>
    <message>
        <source>Finds out which layers bear few bits, by quantising the network seven times: seconds to minutes.</source>
        <translation>将网络量化七次，找出哪些层能承受低位宽：需要数秒到数分钟。</translation>
    </message>
    <message>
        <source>Shares the file&apos;s bytes out among the layers so that the least accuracy is lost.</source>
        <translation>在各层之间分配文件的字节，使准确率损失最小。</translation>
    </message>
    <message>
        <source>Bits for every layer, so that the file fits.</source>
        <translation>为每层选择位宽，使文件不超出预算。</translation>
    </message>
    <message>
        <source>Switch quantisation on, with 8 bits or fewer.</source>
        <translation>请开启量化，并使用 8 位或更少。</translation>
    </message>
    <message>
        <source>Not with this recipe: see below.</source>
        <translation>此配方不可用：见下方说明。</translation>
    </message>
    <message>
        <source>Only with the packed file form.</source>
        <translation>仅适用于紧凑存储形式。</translation>
    </message>
    <message>
        <source>Only without student, pruning and fine-tuning.</source>
        <translation>仅在不使用学生网络、剪枝和微调时可用。</translation>
    </message>
    <message>
        <source>Learnt from {} of {} selection images, with 8-bit activations and without tuning.</source>
        <translation>由 {} 张选择集图像（共 {} 张）得出，激活为 8 位，未经调优。</translation>
    </message>
    <message>
        <source>; {} over the budget</source>
        <translation>；超出预算 {}</translation>
    </message>
    <message>
        <source>drop not known for this recipe</source>
        <translation>此配方的准确率下降未知</translation>
    </message>
    <message>
        <source>predicted drop {} pp [{}, {}], {}</source>
        <translation>预计下降 {} 个百分点 [{}, {}]，{}</translation>
    </message>
    <message>
        <source> with 8-bit activations</source>
        <translation>（激活为 8 位时）</translation>
    </message>
    <message>
        <source>{} bits a layer, about {}</source>
        <translation>各层 {} 位，约 {}</translation>
    </message>
    <message>
        <source>measured {} pp: inside</source>
        <translation>实测 {} 个百分点：在区间内</translation>
    </message>
    <message>
        <source>measured {} pp: outside</source>
        <translation>实测 {} 个百分点：在区间外</translation>
    </message>
</context>
<context>
    <name>CurvePlot</name>
    <message>
        <source>Epoch</source>
        <translation>轮次</translation>
    </message>
    <message>
        <source>Loss</source>
        <translation>损失</translation>
    </message>
    <message>
        <source>Training accuracy (%)</source>
        <translation>训练准确率（%）</translation>
    </message>
    <message>
        <source>Loss and accuracy appear here while a network is trained.</source>
        <translation>训练网络时，损失和准确率会显示在这里。</translation>
    </message>
    <message>
        <source>Training curves</source>
        <translation>训练曲线</translation>
    </message>
    <message>
        <source>Training loss by epoch</source>
        <translation>各轮次的训练损失</translation>
    </message>
    <message>
        <source>Training accuracy by epoch</source>
        <translation>各轮次的训练准确率</translation>
    </message>
</context>
<context>
    <name>DetailsPanel</name>
    <message>
        <source>Top-1</source>
        <translation>Top-1</translation>
    </message>
    <message>
        <source>Δ vs. original</source>
        <translation>与原始模型之差</translation>
    </message>
    <message>
        <source>Agreement</source>
        <translation>一致率</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Latency</source>
        <translation>延迟</translation>
    </message>
    <message>
        <source>MACs</source>
        <translation>乘加运算</translation>
    </message>
    <message>
        <source>Params</source>
        <translation>参数量</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Machine</source>
        <translation>机器</translation>
    </message>
    <message>
        <source>Runtime</source>
        <translation>运行时</translation>
    </message>
    <message>
        <source>Measured</source>
        <translation>测量时间</translation>
    </message>
    <message>
        <source>Took</source>
        <translation>耗时</translation>
    </message>
    <message>
        <source>Paired on the same images as the original: far tighter than the difference of two accuracies.</source>
        <translation>与原始模型在相同图像上配对比较：区间远比两个准确率之差更窄。</translation>
    </message>
    <message>
        <source>Conditions</source>
        <translation>测量条件</translation>
    </message>
    <message>
        <source>Save this model…</source>
        <translation>保存此模型…</translation>
    </message>
    <message>
        <source>To sliders</source>
        <translation>载入滑块</translation>
    </message>
    <message>
        <source>Retry</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Nothing selected</source>
        <translation>未选择任何试验</translation>
    </message>
    <message>
        <source>Click a point or a row to see its numbers and to save its file.</source>
        <translation>点击图中的点或表中的行，查看数值并保存文件。</translation>
    </message>
    <message>
        <source>Original</source>
        <translation>原始模型</translation>
    </message>
    <message>
        <source>The untouched network as a float32 file.</source>
        <translation>未经改动的网络，保存为 float32 文件。</translation>
    </message>
    <message>
        <source>On the Pareto front</source>
        <translation>位于帕累托前沿</translation>
    </message>
    <message>
        <source>Within noise of the front</source>
        <translation>与前沿的差别在误差范围内</translation>
    </message>
    <message>
        <source>not measured: no data</source>
        <translation>未测量：没有数据</translation>
    </message>
    <message>
        <source>  ({}× smaller)</source>
        <translation>（缩小 {} 倍）</translation>
    </message>
    <message>
        <source>{} not zero</source>
        <translation>其中 {} 个非零</translation>
    </message>
    <message>
        <source>{} p50
{} p95, {} runs</source>
        <translation>{} p50
{} p95，共 {} 次</translation>
    </message>
    <message>
        <source>
{}× the original&apos;s speed</source>
        <translation>
原始模型速度的 {} 倍</translation>
    </message>
    <message>
        <source>{} of {}, {} part</source>
        <translation>{}，取自 {} 的{}部分</translation>
    </message>
    <message numerus="yes">
        <source>%n thread(s), batch {}</source>
        <translation>
            <numerusform>%n 个线程，批大小 {}</numerusform>
        </translation>
    </message>
    <message>
        <source>The machine was busy: the latency is uncertain.</source>
        <translation>测量时机器繁忙：延迟不够可靠。</translation>
    </message>
</context>
<context>
    <name>Engine</name>
    <message>
        <source>Top-1 accuracy</source>
        <translation>Top-1 准确率</translation>
    </message>
    <message>
        <source>Accuracy drop</source>
        <translation>准确率下降</translation>
    </message>
    <message>
        <source>Agreement with the original</source>
        <translation>与原始模型的一致率</translation>
    </message>
    <message>
        <source>Size on disk</source>
        <translation>文件大小</translation>
    </message>
    <message>
        <source>Latency, batch 1</source>
        <translation>延迟（批大小 1）</translation>
    </message>
    <message>
        <source>MACs</source>
        <translation>乘加运算</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>参数量</translation>
    </message>
    <message>
        <source>original</source>
        <translation>原始</translation>
    </message>
    <message>
        <source>quantized</source>
        <translation>量化</translation>
    </message>
    <message>
        <source>pruned</source>
        <translation>剪枝</translation>
    </message>
    <message>
        <source>distilled</source>
        <translation>蒸馏</translation>
    </message>
    <message>
        <source>combined</source>
        <translation>组合</translation>
    </message>
    <message>
        <source>running</source>
        <translation>运行中</translation>
    </message>
    <message>
        <source>done</source>
        <translation>完成</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>已取消</translation>
    </message>
    <message>
        <source>interrupted</source>
        <translation>已中断</translation>
    </message>
    <message>
        <source>train</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>calibration</source>
        <translation>校准</translation>
    </message>
    <message>
        <source>selection</source>
        <translation>选择</translation>
    </message>
    <message>
        <source>test</source>
        <translation>测试</translation>
    </message>
    <message>
        <source>{bits} bits keep {kept} dB of the weights ({needed} dB are needed), {fewer} bits only {left} dB.</source>
        <translation>{bits} 位时权重保持 {kept} dB（需要 {needed} dB），{fewer} 位时只有 {left} dB。</translation>
    </message>
    <message>
        <source>{bits} bits keep {kept} dB of the weights ({needed} dB are needed).</source>
        <translation>{bits} 位时权重保持 {kept} dB（需要 {needed} dB）。</translation>
    </message>
    <message>
        <source>Even {bits} bits keep only {kept} dB of the weights ({needed} dB are needed).</source>
        <translation>即使 {bits} 位，权重也只保持 {kept} dB（需要 {needed} dB）。</translation>
    </message>
    <message>
        <source>All weights are zero: any width will do.</source>
        <translation>权重全为零：任何位宽都可以。</translation>
    </message>
    <message>
        <source>First layer, {share} % of all weights: {margin} dB more are asked, for its errors reach all the others.</source>
        <translation>第一层，占全部权重的 {share} %：多要求 {margin} dB，因为它的误差会传到其他所有层。</translation>
    </message>
    <message>
        <source>Last layer, {share} % of all weights: {margin} dB more are asked, for its errors are the answer&apos;s.</source>
        <translation>最后一层，占全部权重的 {share} %：多要求 {margin} dB，因为它的误差就是输出的误差。</translation>
    </message>
    <message>
        <source>Heavy tails: excess kurtosis {kurtosis}, {outliers} % beyond {sigmas} robust sigmas.</source>
        <translation>重尾分布：超额峰度 {kurtosis}，{outliers} % 的权重超出 {sigmas} 倍稳健标准差。</translation>
    </message>
    <message>
        <source>Channel {channel} reaches {times} times as far as the median channel.</source>
        <translation>通道 {channel} 的范围是中位通道的 {times} 倍。</translation>
    </message>
    <message>
        <source>SQNR from {share} % of the channels, evenly spaced.</source>
        <translation>SQNR 由均匀抽取的 {share} % 的通道得出。</translation>
    </message>
</context>
<context>
    <name>ErrorBar</name>
    <message>
        <source>Messages</source>
        <translation>消息</translation>
    </message>
</context>
<context>
    <name>Explorer</name>
    <message>
        <source>Data chosen: {}.</source>
        <translation>已选择数据：{}。</translation>
    </message>
    <message>
        <source>Now open a model.</source>
        <translation>现在请打开一个模型。</translation>
    </message>
    <message>
        <source>Stop and open</source>
        <translation>停止并打开</translation>
    </message>
    <message>
        <source>A job is running.</source>
        <translation>有任务正在运行。</translation>
    </message>
    <message>
        <source>Its finished trials are kept when it is stopped.</source>
        <translation>停止后，已完成的试验会保留。</translation>
    </message>
    <message>
        <source>Run again</source>
        <translation>再次运行</translation>
    </message>
    <message>
        <source>Measured already: trial #{}.</source>
        <translation>已测量过：试验 #{}。</translation>
    </message>
    <message>
        <source>Every point of this sweep is measured already.</source>
        <translation>此次扫描的每个点都已测量过。</translation>
    </message>
    <message>
        <source>A job is running: save when it has ended.</source>
        <translation>有任务正在运行：请在其结束后再保存。</translation>
    </message>
    <message>
        <source>Go on with the others</source>
        <translation>继续其余试验</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Download</source>
        <translation>下载</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Use it</source>
        <translation>采用</translation>
    </message>
</context>
<context>
    <name>FileDesk</name>
    <message>
        <source>{} is neither a model nor data nor a study.</source>
        <translation>{} 既不是模型，也不是数据或研究。</translation>
    </message>
    <message>
        <source>Models are .safetensors, .pth or .onnx; data are folders or .npz; studies are .nnopt.</source>
        <translation>模型为 .safetensors、.pth 或 .onnx；数据为文件夹或 .npz；研究为 .nnopt。</translation>
    </message>
    <message>
        <source>Save study as</source>
        <translation>研究另存为</translation>
    </message>
    <message>
        <source>Export plot</source>
        <translation>导出图表</translation>
    </message>
    <message>
        <source>Export table</source>
        <translation>导出表格</translation>
    </message>
    <message>
        <source>Written: {}</source>
        <translation>已写入：{}</translation>
    </message>
</context>
<context>
    <name>FileDialogs</name>
    <message>
        <source>Open model</source>
        <translation>打开模型</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Open data</source>
        <translation>打开数据</translation>
    </message>
    <message>
        <source>Images and labels</source>
        <translation>图像和标签</translation>
    </message>
    <message>
        <source>Open study</source>
        <translation>打开研究</translation>
    </message>
    <message>
        <source>Studies</source>
        <translation>研究</translation>
    </message>
    <message>
        <source>Save model as a folder</source>
        <translation>将模型保存为文件夹</translation>
    </message>
    <message>
        <source>Name of the new folder:</source>
        <translation>新文件夹的名称：</translation>
    </message>
    <message>
        <source>Open by name</source>
        <translation>按名称打开</translation>
    </message>
    <message>
        <source>A network: torchvision:resnet18, network:lenet5. Data: digits, mnist:FOLDER, cifar10:FOLDER.</source>
        <translation>网络：torchvision:resnet18、network:lenet5。数据：digits、mnist:文件夹、cifar10:文件夹。</translation>
    </message>
    <message>
        <source>All files</source>
        <translation>所有文件</translation>
    </message>
</context>
<context>
    <name>HistogramPlot</name>
    <message>
        <source>Histogram of {what}</source>
        <translation>{what}的直方图</translation>
    </message>
    <message>
        <source>Weight</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>Density</source>
        <translation>密度</translation>
    </message>
    <message>
        <source>Choose a layer to see its weights.</source>
        <translation>选择一层以查看其权重。</translation>
    </message>
    <message>
        <source>Before</source>
        <translation>之前</translation>
    </message>
    <message>
        <source>After</source>
        <translation>之后</translation>
    </message>
    <message>
        <source>{n} levels</source>
        <translation>{n} 个量化级</translation>
    </message>
</context>
<context>
    <name>JobOutcome</name>
    <message>
        <source>%n trial(s) finished</source>
        <translation>%n 个试验已完成</translation>
    </message>
    <message>
        <source>, %n failed</source>
        <translation>，%n 个失败</translation>
    </message>
    <message>
        <source>, stopped</source>
        <translation>，已停止</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>Sensitivity measured: the size budget is ready</source>
        <translation>敏感度已测量：可以使用大小预算</translation>
    </message>
    <message>
        <source>Saved, verified</source>
        <translation>已保存并验证</translation>
    </message>
    <message>
        <source>Saved, verified: {}</source>
        <translation>已保存并验证：{}</translation>
    </message>
    <message>
        <source>{} bytes, read back and measured again.</source>
        <translation>{} 字节，已重新读取并再次测量。</translation>
    </message>
    <message>
        <source>{:.0f} % {}, {:.0f} % with {}.</source>
        <translation>{:.0f} %（{}），{:.0f} %（{}）。</translation>
    </message>
    <message>
        <source>as it is</source>
        <translation>保持不变</translation>
    </message>
    <message>
        <source>another normalisation</source>
        <translation>另一种归一化</translation>
    </message>
    <message>
        <source>The network was probably trained on images prepared that way.</source>
        <translation>该网络很可能是用这样预处理的图像训练的。</translation>
    </message>
</context>
<context>
    <name>JobPanel</name>
    <message>
        <source>Progress of the job</source>
        <translation>任务进度</translation>
    </message>
    <message>
        <source>Saved {}</source>
        <translation>已保存 {}</translation>
    </message>
    <message>
        <source>Stop, keep results</source>
        <translation>停止并保留结果</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Finished trials are kept (Ctrl+.)</source>
        <translation>已完成的试验会保留（Ctrl+.）</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>正在停止…</translation>
    </message>
    <message>
        <source>Sweep {}/{}</source>
        <translation>扫描 {}/{}</translation>
    </message>
    <message>
        <source>Opening</source>
        <translation>正在打开</translation>
    </message>
    <message>
        <source>Running</source>
        <translation>正在运行</translation>
    </message>
    <message>
        <source>Saving</source>
        <translation>正在保存</translation>
    </message>
    <message>
        <source>Measuring sensitivity</source>
        <translation>正在测量敏感度</translation>
    </message>
    <message>
        <source>about {} left</source>
        <translation>约剩 {}</translation>
    </message>
</context>
<context>
    <name>LayerTableModel</name>
    <message>
        <source>Layer</source>
        <translation>层</translation>
    </message>
    <message>
        <source>Shape</source>
        <translation>形状</translation>
    </message>
    <message>
        <source>Bytes</source>
        <translation>字节</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>MACs</source>
        <translation>乘加运算</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>类型</translation>
    </message>
    <message>
        <source>{} of {} are not zero</source>
        <translation>{} / {} 个非零</translation>
    </message>
    <message>
        <source>conv</source>
        <translation>卷积</translation>
    </message>
    <message>
        <source>linear</source>
        <translation>全连接</translation>
    </message>
</context>
<context>
    <name>LayersPanel</name>
    <message>
        <source>Layers</source>
        <translation>各层</translation>
    </message>
    <message>
        <source>Open a model to see its layers.</source>
        <translation>打开模型以查看各层。</translation>
    </message>
    <message>
        <source>Trial #{}: {}</source>
        <translation>试验 #{}：{}</translation>
    </message>
    <message>
        <source>Sliders: {}</source>
        <translation>滑块：{}</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Toolbar</source>
        <translation>工具栏</translation>
    </message>
    <message>
        <source>Recipe</source>
        <translation>配方</translation>
    </message>
    <message>
        <source>Inspector</source>
        <translation>检查器</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>详情</translation>
    </message>
    <message>
        <source>Layers</source>
        <translation>各层</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>Look</source>
        <translation>外观</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>untitled study</source>
        <translation>未命名研究</translation>
    </message>
    <message>
        <source> (read-only)</source>
        <translation>（只读）</translation>
    </message>
    <message numerus="yes">
        <source>Target: this PC · %n thread(s) · {}</source>
        <translation>
            <numerusform>目标设备：本机 · %n 个线程 · {}</numerusform>
        </translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>A job is running.</source>
        <translation>有任务正在运行。</translation>
    </message>
    <message>
        <source>Finished trials are in the study; the one that runs would be lost.</source>
        <translation>已完成的试验都在研究中；正在运行的试验将会丢失。</translation>
    </message>
    <message>
        <source>Stop and close</source>
        <translation>停止并关闭</translation>
    </message>
    <message>
        <source>Keep running</source>
        <translation>继续运行</translation>
    </message>
</context>
<context>
    <name>MessageFrame</name>
    <message>
        <source>Details</source>
        <translation>详情</translation>
    </message>
    <message>
        <source>Show technical details</source>
        <translation>显示技术细节</translation>
    </message>
    <message>
        <source>Technical details</source>
        <translation>技术细节</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copy the message with its details</source>
        <translation>复制消息及其细节</translation>
    </message>
    <message>
        <source>Close (Esc)</source>
        <translation>关闭（Esc）</translation>
    </message>
    <message>
        <source>Close this message</source>
        <translation>关闭此消息</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>提示</translation>
    </message>
    <message>
        <source>Warning</source>
        <translation>警告</translation>
    </message>
    <message>
        <source>Error</source>
        <translation>错误</translation>
    </message>
</context>
<context>
    <name>MethodGroup</name>
    <message>
        <source>Method</source>
        <translation>方法</translation>
    </message>
    <message>
        <source>How levels, ranges and rounding are found; the defaults choose by bit width.</source>
        <translation>如何确定量化级、范围与舍入；默认值按位宽自动选择。</translation>
    </message>
    <message>
        <source>Effort</source>
        <translation>力度</translation>
    </message>
    <message>
        <source>How long very few bits are tuned against the original&apos;s answers.</source>
        <translation>位宽很低时，以原始模型的输出为目标调优多久。</translation>
    </message>
    <message>
        <source>Levels</source>
        <translation>量化级</translation>
    </message>
    <message>
        <source>Which values weights may take.</source>
        <translation>权重可以取哪些值。</translation>
    </message>
    <message>
        <source>Rounding</source>
        <translation>舍入</translation>
    </message>
    <message>
        <source>How every weight finds its level.</source>
        <translation>每个权重如何选择量化级。</translation>
    </message>
    <message>
        <source>Repair</source>
        <translation>校正</translation>
    </message>
    <message>
        <source>What is corrected besides rounding.</source>
        <translation>除舍入外还校正什么。</translation>
    </message>
    <message>
        <source>Ranges</source>
        <translation>激活范围</translation>
    </message>
    <message>
        <source>How the range of every activation is chosen.</source>
        <translation>如何选择每个激活的范围。</translation>
    </message>
    <message>
        <source>Edges</source>
        <translation>首末层</translation>
    </message>
    <message>
        <source>Bits of the first and the last layer.</source>
        <translation>第一层和最后一层的位宽。</translation>
    </message>
    <message>
        <source>File form</source>
        <translation>存储形式</translation>
    </message>
    <message>
        <source>How the file stores weights.</source>
        <translation>文件如何存储权重。</translation>
    </message>
    <message>
        <source>QAT epochs</source>
        <translation>QAT 轮数</translation>
    </message>
    <message>
        <source>Passes over labelled training images with the quantised weights in place; 0 for none.</source>
        <translation>使用量化权重在带标签的训练图像上训练的轮数；0 表示不训练。</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>Fast</source>
        <translation>快速</translation>
    </message>
    <message>
        <source>No tuning.</source>
        <translation>不调优。</translation>
    </message>
    <message>
        <source>Balanced</source>
        <translation>均衡</translation>
    </message>
    <message>
        <source>About a minute of tuning where bits are fewest.</source>
        <translation>位宽最低时调优约一分钟。</translation>
    </message>
    <message>
        <source>Best</source>
        <translation>最佳</translation>
    </message>
    <message>
        <source>Minutes of tuning, also at 2 and 3 bits.</source>
        <translation>调优数分钟，2 位和 3 位也调优。</translation>
    </message>
    <message>
        <source>Even and symmetric levels; codebooks where they pay for themselves.</source>
        <translation>均匀对称的量化级；在划算时使用码本。</translation>
    </message>
    <message>
        <source>Even, symmetric</source>
        <translation>均匀对称</translation>
    </message>
    <message>
        <source>Evenly spaced levels around zero.</source>
        <translation>围绕零点等间距的量化级。</translation>
    </message>
    <message>
        <source>Even, affine</source>
        <translation>均匀仿射</translation>
    </message>
    <message>
        <source>Evenly spaced levels with a zero point of their own.</source>
        <translation>等间距且有各自零点的量化级。</translation>
    </message>
    <message>
        <source>Powers of two</source>
        <translation>2 的幂</translation>
    </message>
    <message>
        <source>Levels dense near zero: multiplying is shifting.</source>
        <translation>零附近密集的量化级：乘法即移位。</translation>
    </message>
    <message>
        <source>Logarithmic</source>
        <translation>对数</translation>
    </message>
    <message>
        <source>Levels in steps of a factor, for long tails.</source>
        <translation>按固定倍数递增的量化级，适合长尾分布。</translation>
    </message>
    <message>
        <source>Codebook</source>
        <translation>码本</translation>
    </message>
    <message>
        <source>Several weights share one code into learnt vectors.</source>
        <translation>多个权重共用一个编码，指向学习到的向量。</translation>
    </message>
    <message>
        <source>Nearest from 7 bits, error feedback below.</source>
        <translation>7 位及以上取最近值，以下用误差反馈。</translation>
    </message>
    <message>
        <source>Nearest</source>
        <translation>最近值</translation>
    </message>
    <message>
        <source>Every weight to its nearest level.</source>
        <translation>每个权重取最近的量化级。</translation>
    </message>
    <message>
        <source>Error feedback</source>
        <translation>误差反馈</translation>
    </message>
    <message>
        <source>Later weights make up for earlier errors (GPTQ).</source>
        <translation>后面的权重弥补前面的误差（GPTQ）。</translation>
    </message>
    <message>
        <source>Learned</source>
        <translation>学习舍入</translation>
    </message>
    <message>
        <source>Up or down is learnt layer by layer (AdaRound).</source>
        <translation>逐层学习向上或向下舍入（AdaRound）。</translation>
    </message>
    <message>
        <source>What helps at the bit width.</source>
        <translation>按位宽选择有益的校正。</translation>
    </message>
    <message>
        <source>None</source>
        <translation>无</translation>
    </message>
    <message>
        <source>Nothing is corrected.</source>
        <translation>不做校正。</translation>
    </message>
    <message>
        <source>Equalize</source>
        <translation>均衡化</translation>
    </message>
    <message>
        <source>Neighbouring layers share their ranges evenly.</source>
        <translation>相邻层平均分担数值范围。</translation>
    </message>
    <message>
        <source>Biases</source>
        <translation>偏置</translation>
    </message>
    <message>
        <source>The mean of every output is restored.</source>
        <translation>恢复每个输出的均值。</translation>
    </message>
    <message>
        <source>Statistics</source>
        <translation>统计量</translation>
    </message>
    <message>
        <source>Mean and deviation of every output are restored.</source>
        <translation>恢复每个输出的均值和标准差。</translation>
    </message>
    <message>
        <source>Least error</source>
        <translation>最小误差</translation>
    </message>
    <message>
        <source>The range with the least squared error.</source>
        <translation>平方误差最小的范围。</translation>
    </message>
    <message>
        <source>Min–max</source>
        <translation>最小–最大</translation>
    </message>
    <message>
        <source>From the smallest to the largest value seen.</source>
        <translation>从出现过的最小值到最大值。</translation>
    </message>
    <message>
        <source>Moving average</source>
        <translation>滑动平均</translation>
    </message>
    <message>
        <source>Extremes averaged over batches.</source>
        <translation>对各批次的极值取平均。</translation>
    </message>
    <message>
        <source>Percentile</source>
        <translation>百分位</translation>
    </message>
    <message>
        <source>Without the outermost few values.</source>
        <translation>不含最外侧的少数值。</translation>
    </message>
    <message>
        <source>Entropy</source>
        <translation>熵</translation>
    </message>
    <message>
        <source>The range that keeps most information (KL divergence).</source>
        <translation>保留信息最多的范围（KL 散度）。</translation>
    </message>
    <message>
        <source>8 bits for small first and last layers where the others have few.</source>
        <translation>其他层位宽很低时，较小的首末层用 8 位。</translation>
    </message>
    <message>
        <source>As the others</source>
        <translation>与其他层相同</translation>
    </message>
    <message>
        <source>First and last layer have the same bits.</source>
        <translation>首末层使用相同位宽。</translation>
    </message>
    <message>
        <source>8 bits</source>
        <translation>8 位</translation>
    </message>
    <message>
        <source>First and last layer always keep 8 bits.</source>
        <translation>首末层始终为 8 位。</translation>
    </message>
    <message>
        <source>Packed</source>
        <translation>紧凑</translation>
    </message>
    <message>
        <source>At their bit width: the smallest file.</source>
        <translation>按位宽存储：文件最小。</translation>
    </message>
    <message>
        <source>Plain int8</source>
        <translation>普通 int8</translation>
    </message>
    <message>
        <source>One byte a weight: nothing to unpack.</source>
        <translation>每个权重一字节：无需解包。</translation>
    </message>
    <message>
        <source>ONNX int4</source>
        <translation>ONNX int4</translation>
    </message>
    <message>
        <source>ONNX&apos;s own 4-bit type, which runtimes run slowly.</source>
        <translation>ONNX 自带的 4 位类型，运行较慢。</translation>
    </message>
    <message>
        <source>QAT {}</source>
        <translation>QAT {}</translation>
    </message>
</context>
<context>
    <name>ModelPanel</name>
    <message>
        <source>no data: add some to measure accuracy</source>
        <translation>没有数据：添加数据后才能测量准确率</translation>
    </message>
    <message>
        <source>Model: {} · {} params · {}</source>
        <translation>模型：{} · {} 个参数 · {}</translation>
    </message>
    <message>
        <source>Architecture: {}</source>
        <translation>架构：{}</translation>
    </message>
    <message>
        <source>Input: {} × {} × {}, classes: {}</source>
        <translation>输入：{} × {} × {}，类别数：{}</translation>
    </message>
    <message>
        <source>MACs: {}</source>
        <translation>乘加运算：{}</translation>
    </message>
    <message>
        <source>File: {}, SHA-256 {}</source>
        <translation>文件：{}，SHA-256 {}</translation>
    </message>
    <message>
        <source>Data: {} · {} images</source>
        <translation>数据：{} · {} 张图像</translation>
    </message>
    <message>
        <source>training</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>calibration</source>
        <translation>校准</translation>
    </message>
    <message>
        <source>selection</source>
        <translation>选择</translation>
    </message>
    <message>
        <source>test (sealed)</source>
        <translation>测试（封存）</translation>
    </message>
    <message>
        <source>Preprocessing: mean {}, std {}</source>
        <translation>预处理：均值 {}，标准差 {}</translation>
    </message>
</context>
<context>
    <name>PlotLegend</name>
    <message>
        <source>Quantized</source>
        <translation>量化</translation>
    </message>
    <message>
        <source>Pruned</source>
        <translation>剪枝</translation>
    </message>
    <message>
        <source>Distilled</source>
        <translation>蒸馏</translation>
    </message>
    <message>
        <source>Combined</source>
        <translation>组合</translation>
    </message>
    <message>
        <source>Still measuring</source>
        <translation>测量中</translation>
    </message>
    <message>
        <source>Predicted</source>
        <translation>预测</translation>
    </message>
    <message>
        <source>Pareto front</source>
        <translation>帕累托前沿</translation>
    </message>
    <message>
        <source>Original</source>
        <translation>原始模型</translation>
    </message>
    <message>
        <source>Current sliders</source>
        <translation>当前滑块</translation>
    </message>
</context>
<context>
    <name>PredictionCard</name>
    <message>
        <source>now</source>
        <translation>当前</translation>
    </message>
    <message>
        <source>vs. original</source>
        <translation>与原始模型相比</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>MACs</source>
        <translation>乘加运算</translation>
    </message>
    <message>
        <source>Params</source>
        <translation>参数量</translation>
    </message>
    <message>
        <source>Latency</source>
        <translation>延迟</translation>
    </message>
    <message>
        <source>Top-1</source>
        <translation>Top-1</translation>
    </message>
    <message>
        <source>run to measure</source>
        <translation>运行后测量</translation>
    </message>
    <message>
        <source>measured: #{}</source>
        <translation>已测量：#{}</translation>
    </message>
    <message>
        <source>Bytes and MACs are exact where no ≈ stands before them; latency is a guess.</source>
        <translation>前面没有 ≈ 的字节数和乘加运算数是精确值；延迟为估计值。</translation>
    </message>
</context>
<context>
    <name>Program</name>
    <message>
        <source>A bug in the window: {}</source>
        <translation>窗口程序出错：{}</translation>
    </message>
    <message>
        <source>What was measured is in the study. Please report it with the details.</source>
        <translation>已测量的结果都在研究中。请连同详细信息一起报告此问题。</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Trial #{} was deleted.</source>
        <translation>试验 #{} 已删除。</translation>
    </message>
    <message>
        <source>No font for Chinese is installed.</source>
        <translation>未安装中文字体。</translation>
    </message>
    <message>
        <source>Untitled study of {}</source>
        <translation>{} 的未命名研究</translation>
    </message>
    <message>
        <source>About nnopt_gui</source>
        <translation>关于 nnopt_gui</translation>
    </message>
    <message>
        <source>Quantise, prune and distil neural networks, and see what it costs. Apache License 2.0.</source>
        <translation>对神经网络进行量化、剪枝和蒸馏，并看清代价。Apache License 2.0。</translation>
    </message>
</context>
<context>
    <name>RecipePanel</name>
    <message>
        <source>&amp;Quantize</source>
        <translation>量化(&amp;Q)</translation>
    </message>
    <message>
        <source>&amp;Prune</source>
        <translation>剪枝(&amp;P)</translation>
    </message>
    <message>
        <source>&amp;Student network</source>
        <translation>学生网络(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Fine-tune</source>
        <translation>微调(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Distil</source>
        <translation>蒸馏(&amp;D)</translation>
    </message>
    <message>
        <source>Learn from the original&apos;s answers as well as from the labels.</source>
        <translation>除了标签，还从原始模型的输出中学习。</translation>
    </message>
    <message>
        <source>Weight bits</source>
        <translation>权重位宽</translation>
    </message>
    <message>
        <source>Bits per weight in the file, per output channel.</source>
        <translation>文件中每个权重的位数，按输出通道量化。</translation>
    </message>
    <message>
        <source>Activation bits</source>
        <translation>激活位宽</translation>
    </message>
    <message>
        <source>Bits of the values between the layers.</source>
        <translation>层与层之间数值的位数。</translation>
    </message>
    <message>
        <source>Amount</source>
        <translation>比例</translation>
    </message>
    <message>
        <source>Share removed in the whole network, least important first.</source>
        <translation>在整个网络中移除的比例，最不重要的优先。</translation>
    </message>
    <message>
        <source>Epochs</source>
        <translation>训练轮数</translation>
    </message>
    <message>
        <source>Passes over the training images.</source>
        <translation>遍历训练图像的次数。</translation>
    </message>
    <message>
        <source>Temperature of distillation: softens the original&apos;s answers.</source>
        <translation>蒸馏温度：使原始模型的输出更平滑。</translation>
    </message>
    <message>
        <source>Weight of the original&apos;s answers against the labels.</source>
        <translation>原始模型输出相对于标签的权重。</translation>
    </message>
    <message>
        <source>Whole channels (structured)</source>
        <translation>整个通道（结构化）</translation>
    </message>
    <message>
        <source>Single weights (sparse)</source>
        <translation>单个权重（稀疏）</translation>
    </message>
    <message>
        <source>What is pruned</source>
        <translation>剪枝对象</translation>
    </message>
    <message>
        <source>Student network</source>
        <translation>学生网络</translation>
    </message>
    <message>
        <source>Run this point</source>
        <translation>运行此点</translation>
    </message>
    <message>
        <source>Make, write and measure this file (Ctrl+Return)</source>
        <translation>生成、写入并测量此文件（Ctrl+Return）</translation>
    </message>
    <message>
        <source>Quick sweep</source>
        <translation>快速扫描</translation>
    </message>
    <message>
        <source>About a dozen recipes that show what is possible (Ctrl+Shift+Q)</source>
        <translation>约十几个配方，快速了解能达到的效果（Ctrl+Shift+Q）</translation>
    </message>
    <message>
        <source>Sweep…</source>
        <translation>扫描…</translation>
    </message>
    <message>
        <source>Choose ranges instead of single values (Ctrl+Shift+Return)</source>
        <translation>选择取值范围而不是单个值（Ctrl+Shift+Return）</translation>
    </message>
    <message>
        <source>{} wide</source>
        <translation>宽度 {}</translation>
    </message>
    <message>
        <source>{} · {:.0f} % of the MACs</source>
        <translation>{} · 乘加运算的 {:.0f} %</translation>
    </message>
    <message>
        <source>An ONNX file has no weights to train: open the PyTorch weights for this.</source>
        <translation>ONNX 文件没有可训练的权重：请打开 PyTorch 权重文件。</translation>
    </message>
    <message>
        <source>Train a smaller network in the original&apos;s stead.</source>
        <translation>训练一个更小的网络来代替原始模型。</translation>
    </message>
    <message>
        <source>Train after every step that changes the network.</source>
        <translation>每个改变网络的步骤之后都进行训练。</translation>
    </message>
    <message>
        <source>on average; every layer its own</source>
        <translation>平均值；每层各不相同</translation>
    </message>
    <message>
        <source>float32: as the original</source>
        <translation>float32：与原始模型相同</translation>
    </message>
    <message>
        <source>float16: half the file, float speed</source>
        <translation>float16：文件减半，浮点速度</translation>
    </message>
    <message>
        <source>{}× smaller weights, float speed</source>
        <translation>权重缩小 {} 倍，浮点速度</translation>
    </message>
    <message>
        <source>int8: a quarter of the file, fast</source>
        <translation>int8：文件缩至四分之一，速度快</translation>
    </message>
    <message>
        <source>{}× smaller weights, runs as int8</source>
        <translation>权重缩小 {} 倍，以 int8 运行</translation>
    </message>
    <message>
        <source>off: float32</source>
        <translation>关闭：float32</translation>
    </message>
    <message>
        <source>float arithmetic</source>
        <translation>浮点运算</translation>
    </message>
    <message>
        <source>integer arithmetic, calibrated</source>
        <translation>整数运算，经校准</translation>
    </message>
    <message>
        <source>fewer channels: fewer MACs and bytes</source>
        <translation>通道更少：乘加运算和字节数更少</translation>
    </message>
    <message>
        <source>zeros take one bit; same MACs</source>
        <translation>每个零占一位；乘加运算不变</translation>
    </message>
    <message>
        <source>off: nothing is removed</source>
        <translation>关闭：不移除任何内容</translation>
    </message>
    <message>
        <source>a student has to be trained</source>
        <translation>学生网络必须经过训练</translation>
    </message>
    <message>
        <source>off: no training</source>
        <translation>关闭：不训练</translation>
    </message>
    <message>
        <source>{} images seen</source>
        <translation>共看 {} 张图像</translation>
    </message>
    <message>
        <source>training needs data</source>
        <translation>训练需要数据</translation>
    </message>
</context>
<context>
    <name>RecipeState</name>
    <message>
        <source>change of the recipe</source>
        <translation>更改配方</translation>
    </message>
    <message>
        <source>recipe to sliders</source>
        <translation>将配方载入滑块</translation>
    </message>
</context>
<context>
    <name>SweepPanel</name>
    <message>
        <source>Sweep</source>
        <translation>扫描</translation>
    </message>
    <message>
        <source>Weight bits</source>
        <translation>权重位宽</translation>
    </message>
    <message>
        <source>Activation bits</source>
        <translation>激活位宽</translation>
    </message>
    <message>
        <source>Pruned</source>
        <translation>剪枝比例</translation>
    </message>
    <message>
        <source>Start sweep</source>
        <translation>开始扫描</translation>
    </message>
    <message>
        <source>Back to single values</source>
        <translation>返回单个值</translation>
    </message>
    <message numerus="yes">
        <source>%n trial(s)</source>
        <translation>
            <numerusform>%n 个试验</numerusform>
        </translation>
    </message>
    <message>
        <source>, about {}</source>
        <translation>，约 {}</translation>
    </message>
    <message numerus="yes">
        <source>%n measured already and reused</source>
        <translation>
            <numerusform>%n 个已测量，直接复用</numerusform>
        </translation>
    </message>
    <message>
        <source>whole channels</source>
        <translation>整个通道</translation>
    </message>
    <message>
        <source>single weights</source>
        <translation>单个权重</translation>
    </message>
    <message>
        <source>pruning of {}</source>
        <translation>剪枝对象：{}</translation>
    </message>
    <message>
        <source>student {}</source>
        <translation>学生网络 {}</translation>
    </message>
    <message numerus="yes">
        <source>%n epoch(s) of training</source>
        <translation>
            <numerusform>训练 %n 轮</numerusform>
        </translation>
    </message>
    <message>
        <source>distilled</source>
        <translation>蒸馏</translation>
    </message>
    <message>
        <source>labels only</source>
        <translation>仅用标签</translation>
    </message>
    <message>
        <source>no training</source>
        <translation>不训练</translation>
    </message>
    <message>
        <source>From the sliders: {}.</source>
        <translation>取自滑块：{}。</translation>
    </message>
</context>
<context>
    <name>TradeoffPair</name>
    <message>
        <source>Y</source>
        <translation>Y</translation>
    </message>
    <message>
        <source>X</source>
        <translation>X</translation>
    </message>
    <message>
        <source>Vertical axis</source>
        <translation>纵轴</translation>
    </message>
    <message>
        <source>First horizontal axis</source>
        <translation>第一横轴</translation>
    </message>
    <message>
        <source>Second horizontal axis</source>
        <translation>第二横轴</translation>
    </message>
    <message>
        <source>Log X</source>
        <translation>X 对数</translation>
    </message>
    <message>
        <source>Logarithmic horizontal axes where the metric suits it</source>
        <translation>在适合的指标上使用对数横轴</translation>
    </message>
    <message>
        <source>Front</source>
        <translation>帕累托前沿</translation>
    </message>
    <message>
        <source>Draw the Pareto front</source>
        <translation>绘制帕累托前沿</translation>
    </message>
    <message>
        <source>95 % CI</source>
        <translation>95 % 置信区间</translation>
    </message>
    <message>
        <source>Draw the 95 % intervals</source>
        <translation>绘制 95 % 置信区间</translation>
    </message>
    <message>
        <source>Auto-fit</source>
        <translation>自动缩放</translation>
    </message>
    <message>
        <source>The view follows new points; zooming by hand stops that</source>
        <translation>视图跟随新的点；手动缩放后停止跟随</translation>
    </message>
    <message>
        <source>The original is being measured…</source>
        <translation>正在测量原始模型…</translation>
    </message>
    <message>
        <source>Original</source>
        <translation>原始模型</translation>
    </message>
    <message>
        <source>Within noise of the front</source>
        <translation>与前沿的差别在误差范围内</translation>
    </message>
</context>
<context>
    <name>TradeoffPlot</name>
    <message>
        <source>{y} against {x}</source>
        <translation>{y}与{x}的关系</translation>
    </message>
    <message>
        <source>{shown} trials, {front} on the Pareto front. Use the arrow keys to walk through them.</source>
        <translation>{shown} 个试验，其中 {front} 个位于帕累托前沿。用方向键逐个浏览。</translation>
    </message>
</context>
<context>
    <name>TrialTableModel</name>
    <message>
        <source>Original</source>
        <translation>原始模型</translation>
    </message>
    <message>
        <source>running</source>
        <translation>运行中</translation>
    </message>
    <message>
        <source>unknown reason</source>
        <translation>原因不明</translation>
    </message>
    <message>
        <source>failed: {}</source>
        <translation>失败：{}</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>已取消</translation>
    </message>
    <message>
        <source>interrupted</source>
        <translation>已中断</translation>
    </message>
    <message>
        <source>original</source>
        <translation>原始模型</translation>
    </message>
    <message>
        <source>front</source>
        <translation>前沿</translation>
    </message>
    <message>
        <source>tied with front</source>
        <translation>与前沿持平</translation>
    </message>
    <message>
        <source>done</source>
        <translation>完成</translation>
    </message>
    <message>
        <source>dominated</source>
        <translation>被支配</translation>
    </message>
    <message>
        <source>Pin</source>
        <translation>钉</translation>
    </message>
    <message>
        <source>#</source>
        <translation>#</translation>
    </message>
    <message>
        <source>Recipe</source>
        <translation>配方</translation>
    </message>
    <message>
        <source>Top-1 %</source>
        <translation>Top-1 %</translation>
    </message>
    <message>
        <source>± 95 %</source>
        <translation>± 95 %</translation>
    </message>
    <message>
        <source>Size MB</source>
        <translation>大小 MB</translation>
    </message>
    <message>
        <source>p50 ms</source>
        <translation>p50 ms</translation>
    </message>
    <message>
        <source>MACs M</source>
        <translation>乘加 M</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Pinned trials; press P to pin the selected one.</source>
        <translation>已钉住的试验；按 P 钉住所选试验。</translation>
    </message>
    <message>
        <source>The trial&apos;s number; 0 is the original.</source>
        <translation>试验编号；0 为原始模型。</translation>
    </message>
    <message>
        <source>What was done to the network.</source>
        <translation>对网络所做的处理。</translation>
    </message>
    <message>
        <source>Share of the selection images classified correctly.</source>
        <translation>选择集图像中分类正确的比例。</translation>
    </message>
    <message>
        <source>Half width of the 95 % Wilson interval, in percentage points.</source>
        <translation>95 % Wilson 区间的半宽，单位为百分点。</translation>
    </message>
    <message>
        <source>Bytes of the ONNX file on disk, in millions.</source>
        <translation>磁盘上 ONNX 文件的字节数，以百万计。</translation>
    </message>
    <message>
        <source>Median time of one image, measured in turn with the original.</source>
        <translation>单张图像的中位耗时，与原始模型交替测量。</translation>
    </message>
    <message>
        <source>Multiply-accumulates of one image, in millions.</source>
        <translation>单张图像的乘加运算次数，以百万计。</translation>
    </message>
    <message>
        <source>Where the trial stands on the first plot, or why it failed.</source>
        <translation>试验在第一张图中的位置，或失败的原因。</translation>
    </message>
    <message>
        <source>Within noise of the front: its 95 % interval reaches it.</source>
        <translation>与前沿的差别在误差范围内：其 95 % 置信区间可及前沿。</translation>
    </message>
</context>
<context>
    <name>TrialsPanel</name>
    <message>
        <source>Filter: acc&gt;85 size&lt;0.1 prune</source>
        <translation>筛选：acc&gt;85 size&lt;0.1 prune</translation>
    </message>
    <message>
        <source>Filter of the trials</source>
        <translation>筛选试验</translation>
    </message>
    <message>
        <source>Words, and conditions on acc, drop, size (MB), ms, macs (M), params (M).</source>
        <translation>可用文字，以及对 acc、drop、size（MB）、ms、macs（M）、params（M）的条件。</translation>
    </message>
    <message>
        <source>Trials</source>
        <translation>试验</translation>
    </message>
    <message>
        <source>Save this model…</source>
        <translation>保存此模型…</translation>
    </message>
    <message>
        <source>To sliders</source>
        <translation>载入滑块</translation>
    </message>
    <message>
        <source>Retry</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Unpin</source>
        <translation>取消钉住</translation>
    </message>
    <message>
        <source>Pin</source>
        <translation>钉住</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
</context>
<context>
    <name>WeightsPanel</name>
    <message>
        <source>Distribution of the weights, by layer</source>
        <translation>各层权重的分布</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>显示</translation>
    </message>
    <message>
        <source>Channel whose weights are shown</source>
        <translation>显示其权重的通道</translation>
    </message>
    <message>
        <source>Open a model to see its weights.</source>
        <translation>打开模型以查看其权重。</translation>
    </message>
    <message>
        <source>The weights are analysed when the running job has ended.</source>
        <translation>当前任务结束后再分析权重。</translation>
    </message>
    <message>
        <source>Analysing the weights: {} %</source>
        <translation>正在分析权重：{} %</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>The analysis was stopped.</source>
        <translation>分析已停止。</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Analysed for other levels than the sliders&apos; method has.</source>
        <translation>分析所用的量化级与滑块的方法不同。</translation>
    </message>
    <message>
        <source>Analyse again</source>
        <translation>重新分析</translation>
    </message>
    <message>
        <source>This network has no layer whose weights could be rounded.</source>
        <translation>此网络没有可以量化权重的层。</translation>
    </message>
    <message>
        <source>Suggested for every layer: {} bits.</source>
        <translation>每一层都建议 {} 位。</translation>
    </message>
    <message>
        <source>Suggested: {} to {} bits, {} on average over the weights.</source>
        <translation>建议：{} 到 {} 位，按权重平均 {} 位。</translation>
    </message>
    <message>
        <source>All channels</source>
        <translation>全部通道</translation>
    </message>
    <message>
        <source>Channel {}: {} dB at {} bits</source>
        <translation>通道 {}：{} dB（{} 位）</translation>
    </message>
    <message>
        <source>Weights of {}</source>
        <translation>{} 的权重</translation>
    </message>
    <message>
        <source>Weights of {}, channel {}</source>
        <translation>{} 的权重，通道 {}</translation>
    </message>
    <message>
        <source>The sliders ask for another network; these are the opened one&apos;s weights.</source>
        <translation>滑块要求的是另一个网络；这里是已打开网络的权重。</translation>
    </message>
    <message>
        <source>{}-bit floats are not rounded to a grid.</source>
        <translation>{} 位浮点数不舍入到网格。</translation>
    </message>
    <message>
        <source>This kind of levels has no {} bits.</source>
        <translation>这种量化级没有 {} 位。</translation>
    </message>
    <message>
        <source>The recipe builds these weights from a codebook of {} × {} entries, found in the run; drawn are even levels of {} bits, which keep {} dB.</source>
        <translation>配方用 {} × {} 项的码本构成这些权重，码本在运行时求得；图中画的是 {} 位的等距量化级，它们保持 {} dB。</translation>
    </message>
    <message>
        <source>{} levels at {} bits keep {} dB. Every channel has its own scale: the median channel&apos;s are drawn.</source>
        <translation>{} 个量化级（{} 位）保持 {} dB。每个通道各有缩放系数：图中画的是中位通道的量化级。</translation>
    </message>
    <message>
        <source>{} levels at {} bits keep {} dB.</source>
        <translation>{} 个量化级（{} 位）保持 {} dB。</translation>
    </message>
</context>
<context>
    <name>WeightsTableModel</name>
    <message>
        <source>Layer</source>
        <translation>层</translation>
    </message>
    <message>
        <source>Suggested</source>
        <translation>建议</translation>
    </message>
    <message>
        <source>Now</source>
        <translation>当前</translation>
    </message>
    <message>
        <source>SQNR</source>
        <translation>SQNR</translation>
    </message>
    <message>
        <source>Kurtosis</source>
        <translation>峰度</translation>
    </message>
    <message>
        <source>Outliers</source>
        <translation>离群值</translation>
    </message>
    <message>
        <source>Range</source>
        <translation>范围</translation>
    </message>
    <message>
        <source>Shape</source>
        <translation>形状</translation>
    </message>
    <message>
        <source>Bits that the distribution suggests; the tooltip of a row says why</source>
        <translation>根据分布建议的位数；行的提示说明原因</translation>
    </message>
    <message>
        <source>Bits that the sliders give the layer now</source>
        <translation>滑块当前给该层的位数</translation>
    </message>
    <message>
        <source>Signal to quantisation noise of the weights at the sliders&apos; bits, on even levels, in dB</source>
        <translation>按滑块的位数和等距量化级，权重的信号与量化噪声之比，单位 dB</translation>
    </message>
    <message>
        <source>Excess kurtosis: 0 for a bell curve, more for heavy tails</source>
        <translation>超额峰度：正态分布为 0，重尾时更大</translation>
    </message>
    <message>
        <source>Share of weights beyond 4 robust standard deviations</source>
        <translation>超出 4 倍稳健标准差的权重所占比例</translation>
    </message>
    <message>
        <source>Smallest and largest weight</source>
        <translation>最小和最大的权重</translation>
    </message>
    <message>
        <source>Output channels first</source>
        <translation>输出通道在前</translation>
    </message>
</context>
<context>
    <name>WelcomePage</name>
    <message>
        <source>Make networks smaller, and see what it costs</source>
        <translation>让网络更小，并看清代价</translation>
    </message>
    <message>
        <source>Quantise, prune and distil with sliders. Every point on the plot is a file: written, reloaded in ONNX Runtime and measured on this machine.</source>
        <translation>用滑块进行量化、剪枝和蒸馏。图上的每个点都是一个文件：写入磁盘，在 ONNX Runtime 中重新加载，并在本机上测量。</translation>
    </message>
    <message>
        <source>Try the demo</source>
        <translation>试用演示</translation>
    </message>
    <message>
        <source>A small network for handwritten digits, with its data; no download.</source>
        <translation>一个识别手写数字的小网络，自带数据；无需下载。</translation>
    </message>
    <message>
        <source>Open model…</source>
        <translation>打开模型…</translation>
    </message>
    <message>
        <source>Open data…</source>
        <translation>打开数据…</translation>
    </message>
    <message>
        <source>Or drop a model (.safetensors, .pth, .onnx), a data folder or .npz, or a study (.nnopt) here.</source>
        <translation>也可将模型（.safetensors、.pth、.onnx）、数据文件夹或 .npz，或研究（.nnopt）拖放到此处。</translation>
    </message>
    <message>
        <source>Recent</source>
        <translation>最近打开</translation>
    </message>
</context>
<context>
    <name>Workspace</name>
    <message>
        <source>pin</source>
        <translation>钉住</translation>
    </message>
    <message>
        <source>unpin</source>
        <translation>取消钉住</translation>
    </message>
    <message>
        <source>delete trial</source>
        <translation>删除试验</translation>
    </message>
</context>
</TS>
