<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>AboutBox</name>
    <message>
        <source>About nnopt_gui</source>
        <translation>关于 nnopt_gui</translation>
    </message>
    <message>
        <source>Quantise, prune and distil neural networks, and see what it costs. Apache License 2.0.</source>
        <translation>对神经网络进行量化、剪枝和蒸馏，并看清代价。Apache License 2.0。</translation>
    </message>
    <message>
        <source>Versions</source>
        <translation>版本</translation>
    </message>
    <message>
        <source>Licences</source>
        <translation>许可证</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Copy versions</source>
        <translation>复制版本信息</translation>
    </message>
</context>
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
        <source>Export table…</source>
        <translation>导出表格…</translation>
    </message>
    <message>
        <source>All trials as CSV</source>
        <translation>将全部试验导出为 CSV</translation>
    </message>
    <message>
        <source>Report…</source>
        <translation>报告…</translation>
    </message>
    <message>
        <source>Write the study as one page: HTML with its plots, or Markdown</source>
        <translation>把研究写成一页：带图的 HTML，或 Markdown</translation>
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
        <source>Edit note</source>
        <translation>编辑备注</translation>
    </message>
    <message>
        <source>Write something to the selected trial</source>
        <translation>给选中的试验写备注</translation>
    </message>
    <message>
        <source>Copy picture</source>
        <translation>复制图片</translation>
    </message>
    <message>
        <source>The plots as they are seen, as PNG, SVG or PDF, or their numbers as CSV</source>
        <translation>当前所见的图（PNG、SVG 或 PDF），或其数值（CSV）</translation>
    </message>
    <message>
        <source>Import published results…</source>
        <translation>导入已发表的结果…</translation>
    </message>
    <message>
        <source>Draw what others published beside the trials, from a CSV or JSON file</source>
        <translation>将他人发表的结果（CSV 或 JSON 文件）绘制在试验旁</translation>
    </message>
    <message>
        <source>The plots as they are seen, to be pasted as a picture</source>
        <translation>当前所见的图，可作为图片粘贴</translation>
    </message>
    <message>
        <source>Copy table as CSV</source>
        <translation>复制表格为 CSV</translation>
    </message>
    <message>
        <source>All trials, to be pasted into a spreadsheet</source>
        <translation>全部试验，可粘贴到电子表格</translation>
    </message>
    <message>
        <source>Settings…</source>
        <translation>设置…</translation>
    </message>
    <message>
        <source>Look, language, threads and plots</source>
        <translation>外观、语言、线程与图表</translation>
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
        <source>Trade-off plots</source>
        <translation>权衡图</translation>
    </message>
    <message>
        <source>Any metric against any other, with the Pareto front</source>
        <translation>任意两个指标的对比，含帕累托前沿</translation>
    </message>
    <message>
        <source>Parallel coordinates</source>
        <translation>平行坐标图</translation>
    </message>
    <message>
        <source>Every trial as a line across its choices and results; brush the axes</source>
        <translation>每次试验是一条穿过其选项和结果的折线；可在坐标轴上框选</translation>
    </message>
    <message>
        <source>Layers as bars</source>
        <translation>各层条形图</translation>
    </message>
    <message>
        <source>Bytes, MACs, bits, sparsity or sensitivity of every layer</source>
        <translation>各层的字节数、乘加运算、位宽、稀疏度或敏感度</translation>
    </message>
    <message>
        <source>Next area</source>
        <translation>下一个区域</translation>
    </message>
    <message>
        <source>Move the keyboard from recipe to plots, trials and inspector</source>
        <translation>在配方、图表、试验和检查器之间移动键盘焦点</translation>
    </message>
    <message>
        <source>Previous area</source>
        <translation>上一个区域</translation>
    </message>
    <message>
        <source>Move the keyboard back from area to area</source>
        <translation>反向移动键盘焦点</translation>
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
        <source>Auto search</source>
        <translation>自动搜索</translation>
    </message>
    <message>
        <source>Find the front of the sweep&apos;s stops in few trials, within the budgets</source>
        <translation>在预算内用少量试验找到扫描取值的前沿</translation>
    </message>
    <message>
        <source>Run on a cluster…</source>
        <translation>在集群上运行…</translation>
    </message>
    <message>
        <source>Make and measure trials on the workers of a Dask scheduler</source>
        <translation>在 Dask 调度器的工作节点上生成并测量试验</translation>
    </message>
    <message>
        <source>Run on this computer</source>
        <translation>在本机运行</translation>
    </message>
    <message>
        <source>Make and measure trials here again</source>
        <translation>重新在本机生成并测量试验</translation>
    </message>
    <message>
        <source>Pause or resume</source>
        <translation>暂停或继续</translation>
    </message>
    <message>
        <source>Let the job wait, or go on; nothing is lost</source>
        <translation>让任务等待或继续；不会丢失任何内容</translation>
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
        <source>Compare</source>
        <translation>对比</translation>
    </message>
    <message>
        <source>Put the selected trial beside the original or another trial</source>
        <translation>把所选试验与原始模型或其他试验并排比较</translation>
    </message>
    <message>
        <source>Measure each step</source>
        <translation>逐步测量</translation>
    </message>
    <message>
        <source>Run the selected trial&apos;s recipe step by step: what each step cost and gave</source>
        <translation>逐步运行所选试验的配方：每一步的代价与收益</translation>
    </message>
    <message>
        <source>Confirm on test…</source>
        <translation>用测试集确认…</translation>
    </message>
    <message>
        <source>Open the sealed test split once for the selected trial, on record</source>
        <translation>为所选试验开启一次封存的测试集，并记录在案</translation>
    </message>
    <message>
        <source>Why not smaller, not faster?</source>
        <translation>为何不更小、不更快？</translation>
    </message>
    <message>
        <source>Where the selected trial&apos;s bytes and time go, and what would help</source>
        <translation>选中试验的字节和时间用在哪里，怎样才能改善</translation>
    </message>
    <message>
        <source>Copy as command</source>
        <translation>复制为命令</translation>
    </message>
    <message>
        <source>A line for the shell that makes the selected trial again</source>
        <translation>一行可重现选中试验的 shell 命令</translation>
    </message>
    <message>
        <source>Copy as Python</source>
        <translation>复制为 Python</translation>
    </message>
    <message>
        <source>A script that makes the selected trial again</source>
        <translation>一段可重现选中试验的脚本</translation>
    </message>
    <message>
        <source>Commands…</source>
        <translation>命令…</translation>
    </message>
    <message>
        <source>Find and do anything by its name</source>
        <translation>按名称查找并执行任何操作</translation>
    </message>
    <message>
        <source>About nnopt_gui</source>
        <translation>关于 nnopt_gui</translation>
    </message>
</context>
<context>
    <name>AutoSearch</name>
    <message>
        <source>Looking at {} recipes…</source>
        <translation>正在考察 {} 个配方…</translation>
    </message>
    <message>
        <source>Stopped after {} trials.</source>
        <translation>已在 {} 次试验后停止。</translation>
    </message>
    <message>
        <source>{} trials. {}</source>
        <translation>{} 次试验。{}</translation>
    </message>
    <message>
        <source>Another job was started.</source>
        <translation>已启动另一个任务。</translation>
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
        <source>Bits per layer, so that the file fits.</source>
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
    <name>CalibrationPlot</name>
    <message>
        <source>Calibration: accuracy against confidence</source>
        <translation>校准：准确率与置信度</translation>
    </message>
    <message>
        <source>Confidence (%)</source>
        <translation>置信度（%）</translation>
    </message>
    <message>
        <source>Accuracy (%)</source>
        <translation>准确率（%）</translation>
    </message>
    <message>
        <source>No predictions are stored for these two.</source>
        <translation>这两个试验没有保存预测结果。</translation>
    </message>
</context>
<context>
    <name>ClassBars</name>
    <message>
        <source>Change of accuracy by class</source>
        <translation>各类别准确率的变化</translation>
    </message>
    <message>
        <source>No predictions are stored for these two.</source>
        <translation>这两个试验没有保存预测结果。</translation>
    </message>
    <message>
        <source>{}: {} pp, {} to {}</source>
        <translation>{}：{} 个百分点，{} 至 {}</translation>
    </message>
    <message>
        <source>, beyond chance</source>
        <translation>，超出偶然</translation>
    </message>
</context>
<context>
    <name>ClosingQuestion</name>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>ClusterDialog</name>
    <message>
        <source>Cluster</source>
        <translation>集群</translation>
    </message>
    <message>
        <source>Trials run on the workers of a Dask scheduler: start &apos;dask scheduler&apos; on one machine and &apos;dask worker ADDRESS&apos; on each of the others, with nnopt-gui[cluster] of this version. Model and data are sent there once.</source>
        <translation>试验在 Dask 调度器的工作节点上运行：在一台机器上启动 &apos;dask scheduler&apos;，在其他每台机器上启动 &apos;dask worker ADDRESS&apos;，并安装同一版本的 nnopt-gui[cluster]。模型和数据只发送一次。</translation>
    </message>
    <message>
        <source>Whoever reaches the scheduler can run code on all its machines and on this one: use a network that you trust, or tls://.</source>
        <translation>能访问调度器的人可以在其所有机器和本机上运行代码：请使用可信任的网络或 tls://。</translation>
    </message>
    <message>
        <source>&amp;Address of the scheduler</source>
        <translation>调度器地址(&amp;A)</translation>
    </message>
    <message>
        <source>Use cluster</source>
        <translation>使用集群</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>An address looks like tcp://HOST:8786.</source>
        <translation>地址形如 tcp://HOST:8786。</translation>
    </message>
</context>
<context>
    <name>CommandPalette</name>
    <message>
        <source>Commands</source>
        <translation>命令</translation>
    </message>
    <message>
        <source>Type a command…</source>
        <translation>输入命令…</translation>
    </message>
    <message>
        <source>Command to look for</source>
        <translation>要查找的命令</translation>
    </message>
    <message>
        <source>Commands that match</source>
        <translation>匹配的命令</translation>
    </message>
</context>
<context>
    <name>ComparePanel</name>
    <message>
        <source>Against</source>
        <translation>对照</translation>
    </message>
    <message>
        <source>Trial to compare with</source>
        <translation>用于比较的试验</translation>
    </message>
    <message>
        <source>Figures of both trials, and the difference</source>
        <translation>两个试验的各项数值及其差异</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>显示</translation>
    </message>
    <message>
        <source>Chart of the comparison</source>
        <translation>比较图表</translation>
    </message>
    <message>
        <source>Accuracy by class</source>
        <translation>各类别准确率</translation>
    </message>
    <message>
        <source>Calibration</source>
        <translation>校准</translation>
    </message>
    <message>
        <source>Change in percentage points. Filled: beyond chance (exact McNemar, Holm&apos;s correction).</source>
        <translation>变化以百分点计。实心：超出偶然（精确 McNemar 检验，Holm 校正）。</translation>
    </message>
    <message>
        <source>On the dashed line a model is right as often as it says; below it is too sure.</source>
        <translation>虚线上的模型说有多大把握，就有多大比例正确；在其下方则过于自信。</translation>
    </message>
    <message>
        <source>Computing…</source>
        <translation>正在计算…</translation>
    </message>
    <message>
        <source>Select a finished trial to see it beside the original or another trial.</source>
        <translation>选择一个已完成的试验，与原始模型或其他试验并排查看。</translation>
    </message>
</context>
<context>
    <name>Comparing</name>
    <message>
        <source>Confirming needs data.</source>
        <translation>确认需要数据。</translation>
    </message>
    <message>
        <source>Add a data set.</source>
        <translation>请添加数据集。</translation>
    </message>
</context>
<context>
    <name>ComparisonText</name>
    <message>
        <source>Original</source>
        <translation>原始模型</translation>
    </message>
    <message>
        <source>Undecided: the predictions of {} are not stored. Run it again to compare.</source>
        <translation>无法判断：{} 的预测结果未保存。重新运行后即可比较。</translation>
    </message>
    <message>
        <source>{} is better: {} pp more accurate than {} (95 %: {} to {}) on the same {} images, p = {}.</source>
        <translation>{} 更好：准确率高 {} 个百分点，对照为 {}（95 %：{} 至 {}），基于同样的 {} 张图像，p = {}。</translation>
    </message>
    <message>
        <source>Not distinguishable on these {} images: {} lost, {} gained, p = {}. The difference lies between {} and {} pp.</source>
        <translation>在这 {} 张图像上无法区分：{} 张变错，{} 张变对，p = {}。差异在 {} 与 {} 个百分点之间。</translation>
    </message>
    <message>
        <source>If it is as it seems, about {} images would tell.</source>
        <translation>若差异属实，约需 {} 张图像才能区分。</translation>
    </message>
    <message>
        <source>Top-1</source>
        <translation>Top-1</translation>
    </message>
    <message>
        <source>Top-5</source>
        <translation>Top-5</translation>
    </message>
    <message>
        <source>Worst class</source>
        <translation>最差类别</translation>
    </message>
    <message>
        <source>ECE</source>
        <translation>ECE</translation>
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
        <source>not comparable, measured with another: {}</source>
        <translation>不可比较，测量条件不同：{}</translation>
    </message>
    <message>
        <source>exact McNemar p = {}</source>
        <translation>精确 McNemar p = {}</translation>
    </message>
    <message>
        <source>no difference can be told: the intervals overlap</source>
        <translation>看不出差异：区间重叠</translation>
    </message>
    <message>
        <source>the machine was busy</source>
        <translation>测量时机器繁忙</translation>
    </message>
    <message>
        <source>predictions are not stored, so the two cannot be paired</source>
        <translation>预测结果未保存，因此无法配对</translation>
    </message>
    <message>
        <source>machine</source>
        <translation>机器</translation>
    </message>
    <message>
        <source>number of cores</source>
        <translation>核心数</translation>
    </message>
    <message>
        <source>instruction sets</source>
        <translation>指令集</translation>
    </message>
    <message>
        <source>operating system</source>
        <translation>操作系统</translation>
    </message>
    <message>
        <source>runtime</source>
        <translation>运行时</translation>
    </message>
    <message>
        <source>number of threads</source>
        <translation>线程数</translation>
    </message>
    <message>
        <source>batch size</source>
        <translation>批大小</translation>
    </message>
    <message>
        <source>Unlike the original: {}</source>
        <translation>与原始模型不同：{}</translation>
    </message>
    <message>
        <source>opened {}</source>
        <translation>开启于 {}</translation>
    </message>
    <message>
        <source>Trial #{} on the sealed test split: {}, {} against the original, p = {}.</source>
        <translation>试验 #{} 在封存测试集上：{}，与原始模型相比 {}，p = {}。</translation>
    </message>
    <message>
        <source>{} for trial #{}</source>
        <translation>{} 为试验 #{}</translation>
    </message>
    <message>
        <source>{} for trial #{} (not finished)</source>
        <translation>{} 为试验 #{}（未完成）</translation>
    </message>
    <message>
        <source>The test split was opened before: {}.</source>
        <translation>测试集此前已开启：{}。</translation>
    </message>
</context>
<context>
    <name>ConfirmBox</name>
    <message>
        <source>Confirm on test</source>
        <translation>用测试集确认</translation>
    </message>
    <message>
        <source>Open the sealed test split once more, for trial #{}?</source>
        <translation>再次开启封存的测试集，用于试验 #{}？</translation>
    </message>
    <message>
        <source>Open the sealed test split for trial #{}?</source>
        <translation>开启封存的测试集，用于试验 #{}？</translation>
    </message>
    <message>
        <source>Every choice so far was made by the selection images, so their numbers are a little too good for what was chosen. The test images have seen no choice: looking at them once gives an honest number. The opening is written into the study before the first image is read, and stays there.</source>
        <translation>迄今的每个选择都依据选择集图像做出，因此所选模型在其上的数值略偏乐观。测试集图像未参与任何选择：只看一次即可得到诚实的数值。在读取第一张图像之前，此次开启会写入研究并一直保留。</translation>
    </message>
    <message>
        <source>A second look makes the test images part of the choice, like any others.</source>
        <translation>再看一次，测试集图像就会像其他图像一样成为选择的一部分。</translation>
    </message>
    <message>
        <source>Open again</source>
        <translation>再次开启</translation>
    </message>
    <message>
        <source>Open once</source>
        <translation>开启一次</translation>
    </message>
    <message>
        <source>Keep it sealed</source>
        <translation>保持封存</translation>
    </message>
</context>
<context>
    <name>ConfusionHeat</name>
    <message>
        <source>True {}, predicted {}: {}</source>
        <translation>真实 {}，预测 {}：{}</translation>
    </message>
    <message>
        <source>Confusion matrix</source>
        <translation>混淆矩阵</translation>
    </message>
    <message>
        <source>No predictions are stored for this trial.</source>
        <translation>此试验没有保存预测结果。</translation>
    </message>
    <message>
        <source>Predicted</source>
        <translation>预测</translation>
    </message>
    <message>
        <source>True</source>
        <translation>真实</translation>
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
        <source>On test</source>
        <translation>测试集</translation>
    </message>
    <message>
        <source>Top-5</source>
        <translation>Top-5</translation>
    </message>
    <message>
        <source>Worst class</source>
        <translation>最差类别</translation>
    </message>
    <message>
        <source>Calibration</source>
        <translation>校准</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Download</source>
        <translation>下载大小</translation>
    </message>
    <message>
        <source>Latency</source>
        <translation>延迟</translation>
    </message>
    <message>
        <source>Throughput</source>
        <translation>吞吐量</translation>
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
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>Energy</source>
        <translation>能耗</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>网络</translation>
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
        <source>The sealed test split, which no choice has seen.</source>
        <translation>封存的测试集，未参与任何选择。</translation>
    </message>
    <message>
        <source>Expected calibration error: how far the confidence is from the share that is right.</source>
        <translation>期望校准误差：置信度与正确比例之间的差距。</translation>
    </message>
    <message>
        <source>Compressed with zstd at level 3.</source>
        <translation>使用 zstd 3 级压缩。</translation>
    </message>
    <message>
        <source>The most that a fresh process needed to load and run the file, beyond the runtime itself.</source>
        <translation>全新进程加载并运行该文件所需的最大内存，不含运行时本身。</translation>
    </message>
    <message>
        <source>Of the processor package, everything that ran on it included.</source>
        <translation>整个处理器封装的能耗，包含其上运行的所有程序。</translation>
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
        <source>{} images/s at batch {}</source>
        <translation>{} 张图像/秒（批量 {}）</translation>
    </message>
    <message>
        <source>{}
and {} for the runtime</source>
        <translation>{}
运行时另需 {}</translation>
    </message>
    <message>
        <source>{} % (ECE)</source>
        <translation>{} %（ECE）</translation>
    </message>
    <message>
        <source>{} mJ an image</source>
        <translation>每张图像 {} mJ</translation>
    </message>
    <message>
        <source>Not comparable: another machine, runtime or thread count.</source>
        <translation>不可比较：机器、运行时或线程数不同。</translation>
    </message>
    <message>
        <source>  ({}× as large)</source>
        <translation>（为原来的 {} 倍）</translation>
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
        <source>%Ln thread(s), batch {}</source>
        <translation>
            <numerusform>%Ln 个线程，批大小 {}</numerusform>
        </translation>
    </message>
    <message>
        <source>clock governor: {}</source>
        <translation>时钟调节策略：{}</translation>
    </message>
    <message>
        <source>The machine was busy: the latency is uncertain.</source>
        <translation>测量时机器繁忙：延迟不够可靠。</translation>
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
    <name>ErrorsPanel</name>
    <message>
        <source>Which images</source>
        <translation>哪些图像</translation>
    </message>
    <message>
        <source>Images: true class, before and after</source>
        <translation>图像：真实类别、之前与之后</translation>
    </message>
    <message>
        <source>Previous</source>
        <translation>上一页</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>下一页</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>差异</translation>
    </message>
    <message>
        <source>Confusion matrix: {}</source>
        <translation>混淆矩阵：{}</translation>
    </message>
    <message>
        <source>Computing…</source>
        <translation>正在计算…</translation>
    </message>
    <message>
        <source>Select a finished trial to see what it gets wrong.</source>
        <translation>选择一个已完成的试验，查看它错在哪里。</translation>
    </message>
    <message>
        <source>The predictions of this trial are not stored. Run it again to see its errors.</source>
        <translation>此试验的预测结果未保存。重新运行即可查看其错误。</translation>
    </message>
    <message>
        <source>Right → wrong ({})</source>
        <translation>对 → 错 ({})</translation>
    </message>
    <message>
        <source>Wrong → right ({})</source>
        <translation>错 → 对 ({})</translation>
    </message>
    <message>
        <source>Any change ({})</source>
        <translation>任何变化 ({})</translation>
    </message>
    <message>
        <source>True {}, predicted {} ({})</source>
        <translation>真实 {}，预测 {}（{}）</translation>
    </message>
    <message>
        <source>{} to {} of {}</source>
        <translation>第 {} 至 {} 张，共 {} 张</translation>
    </message>
    <message>
        <source>No image is of this kind.</source>
        <translation>没有这样的图像。</translation>
    </message>
    <message>
        <source>The pictures come when the running job has ended.</source>
        <translation>正在运行的任务结束后显示图片。</translation>
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
        <source>Open folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Use it</source>
        <translation>采用</translation>
    </message>
</context>
<context>
    <name>FiguresTableModel</name>
    <message>
        <source>{} is better</source>
        <translation>{} 更好</translation>
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
        <source>Write report</source>
        <translation>写报告</translation>
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
        <source>Import published results</source>
        <translation>导入已发表的结果</translation>
    </message>
    <message>
        <source>Published results</source>
        <translation>已发表的结果</translation>
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
        <source>Picture</source>
        <translation>图片</translation>
    </message>
    <message>
        <source>Drawing</source>
        <translation>矢量图</translation>
    </message>
    <message>
        <source>Document</source>
        <translation>文档</translation>
    </message>
    <message>
        <source>Table</source>
        <translation>表格</translation>
    </message>
    <message>
        <source>Web page</source>
        <translation>网页</translation>
    </message>
    <message>
        <source>Markdown text</source>
        <translation>Markdown 文本</translation>
    </message>
    <message>
        <source>All files</source>
        <translation>所有文件</translation>
    </message>
</context>
<context>
    <name>Findings</name>
    <message>
        <source>Weights</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>Codebooks</source>
        <translation>码本</translation>
    </message>
    <message>
        <source>Scales</source>
        <translation>缩放因子</translation>
    </message>
    <message>
        <source>Biases</source>
        <translation>偏置</translation>
    </message>
    <message>
        <source>Activation grids</source>
        <translation>激活网格</translation>
    </message>
    <message>
        <source>Constants</source>
        <translation>常量</translation>
    </message>
    <message>
        <source>Graph and names</source>
        <translation>图和名称</translation>
    </message>
    <message>
        <source>Integer kernels</source>
        <translation>整数内核</translation>
    </message>
    <message>
        <source>Float kernels</source>
        <translation>浮点内核</translation>
    </message>
    <message>
        <source>Quantise, dequantise</source>
        <translation>量化与反量化</translation>
    </message>
    <message>
        <source>Moving data</source>
        <translation>搬移数据</translation>
    </message>
    <message>
        <source>Other</source>
        <translation>其他</translation>
    </message>
    <message>
        <source>Choose fewer weight bits with the file form Packed: 2 to 6 bits run in the same integer kernels.</source>
        <translation>用“紧凑”存储形式并选更少的权重位数：2 到 6 位同样在整数内核中运行。</translation>
    </message>
    <message>
        <source>Weights of a whole byte each in {layers} of {all} layers: {share} of the file.</source>
        <translation>{all} 层中有 {layers} 层的每个权重占一整个字节：占文件的 {share}。</translation>
    </message>
    <message>
        <source>{share} of the file is not weights: {parts}.</source>
        <translation>文件的 {share} 不是权重：{parts}。</translation>
    </message>
    <message>
        <source>The network is small: fewer bits save little now. Prune channels or blocks: their scales, biases and operators go with them.</source>
        <translation>网络很小：再减位数省不了多少。请剪去通道或块：它们的缩放因子、偏置和算子会一并消失。</translation>
    </message>
    <message>
        <source>32-bit float weights in {layers} of {all} layers: {share} of the file.</source>
        <translation>{all} 层中有 {layers} 层的权重是 32 位浮点：占文件的 {share}。</translation>
    </message>
    <message>
        <source>Quantise them: 8 bits take a quarter, mostly without loss.</source>
        <translation>把它们量化：8 位只占四分之一，大多没有损失。</translation>
    </message>
    <message>
        <source>16-bit float weights in {layers} of {all} layers: {share} of the file.</source>
        <translation>{all} 层中有 {layers} 层的权重是 16 位浮点：占文件的 {share}。</translation>
    </message>
    <message>
        <source>Choose 8 weight bits or fewer.</source>
        <translation>权重选 8 位或更少。</translation>
    </message>
    <message>
        <source>These layers keep 8 bits. Method › Edges › As the others gives them as few, at a price in accuracy.</source>
        <translation>这些层保持 8 位。“方法 › 首末层 › 与其他层相同”会让它们用同样少的位数，但会损失准确率。</translation>
    </message>
    <message>
        <source>Codebooks take {share} of the file.</source>
        <translation>码本占文件的 {share}。</translation>
    </message>
    <message>
        <source>They are shared and pay only for many weights: try Method › Levels › Even, symmetric.</source>
        <translation>码本是共用的，权重很多时才划算：试试“方法 › 量化级 › 均匀对称”。</translation>
    </message>
    <message>
        <source>{layer} alone holds {share} of the file: {weights} weights of {bits} bits.</source>
        <translation>仅 {layer} 就占文件的 {share}：{weights} 个权重，每个 {bits} 位。</translation>
    </message>
    <message>
        <source>Give this layer fewer bits, or prune it.</source>
        <translation>给这一层更少的位数，或对它剪枝。</translation>
    </message>
    <message>
        <source>{layers} of {all} layers run in float although the file is quantised.</source>
        <translation>文件虽已量化，{all} 层中仍有 {layers} 层以浮点运行。</translation>
    </message>
    <message>
        <source>Operators that quantise and dequantise ({count}) take {share} of the time.</source>
        <translation>量化和反量化算子（{count} 个）占 {share} 的时间。</translation>
    </message>
    <message>
        <source>Operators that only move data ({count}) take {share} of the time.</source>
        <translation>只搬移数据的算子（{count} 个）占 {share} 的时间。</translation>
    </message>
    <message>
        <source>Activations are float, so weights are unpacked to float when the file is loaded: small on disk, as slow as the original.</source>
        <translation>激活是浮点，所以加载文件时权重会展开成浮点：磁盘上小，但和原始模型一样慢。</translation>
    </message>
    <message>
        <source>Choose 8 activation bits: then integer kernels run.</source>
        <translation>激活选 8 位：这样就会使用整数内核。</translation>
    </message>
    <message>
        <source>The runtime has no integer kernel for them as they are written; another runtime may.</source>
        <translation>运行时对这种写法没有整数内核；其他运行时可能有。</translation>
    </message>
    <message>
        <source>ONNX&apos;s int4 has no integer kernels here: choose Method › File form › Packed.</source>
        <translation>ONNX 的 int4 在这里没有整数内核：请选“方法 › 存储形式 › 紧凑”。</translation>
    </message>
    <message>
        <source>All layers run in float.</source>
        <translation>所有层都以浮点运行。</translation>
    </message>
    <message>
        <source>Quantise weights and activations to 8 bits: integer kernels are two to four times as fast on large layers.</source>
        <translation>把权重和激活量化到 8 位：在大的层上，整数内核快两到四倍。</translation>
    </message>
    <message>
        <source>These operators run in float: {operators}.</source>
        <translation>这些算子以浮点运行：{operators}。</translation>
    </message>
    <message>
        <source>They have no integer form that keeps accuracy. A network with ReLU and batch norm in their place runs in integers throughout.</source>
        <translation>它们没有能保持准确率的整数形式。改用 ReLU 和批归一化的网络可全程以整数运行。</translation>
    </message>
    <message>
        <source>Each stands between float and integer arithmetic: with fewer float layers there are fewer.</source>
        <translation>每个都位于浮点与整数运算之间：浮点层越少，它们就越少。</translation>
    </message>
    <message>
        <source>ONNX&apos;s int4 weights are unpacked to float in every run: choose Method › File form › Packed.</source>
        <translation>ONNX 的 int4 权重每次运行都要展开成浮点：请选“方法 › 存储形式 › 紧凑”。</translation>
    </message>
    <message>
        <source>The kernels want channels last or in blocks; with larger layers this counts for less.</source>
        <translation>内核需要通道在后或分块的布局；层越大，这部分占比越小。</translation>
    </message>
    <message>
        <source>{count} operators in {run}: much of it is the runtime&apos;s own overhead, about {overhead} µs each.</source>
        <translation>{run} 内有 {count} 个算子：大部分是运行时自身的开销，每个约 {overhead} µs。</translation>
    </message>
    <message>
        <source>Fewer operators would help, fewer bits will not: prune whole blocks, or run several images at once.</source>
        <translation>减少算子有用，减少位数没用：请剪去整块，或一次运行多张图像。</translation>
    </message>
    <message>
        <source>Ragged widths in {layers} of {all} layers: {channels} channels cost as much as {computed}.</source>
        <translation>{all} 层中有 {layers} 层宽度不齐：{channels} 个通道与 {computed} 个一样耗时。</translation>
    </message>
    <message>
        <source>Prune with How to prune › Widths › Fast ones, or keep the channels: they are free. Odd widths are slower still.</source>
        <translation>用“剪枝方法 › 宽度 › 快速宽度”来剪，或保留这些通道：它们不花时间。奇数宽度更慢。</translation>
    </message>
    <message>
        <source>{threads} threads take {run}, one takes {alone}: the operators are too small to share.</source>
        <translation>{threads} 个线程用 {run}，一个线程用 {alone}：算子太小，不值得分摊。</translation>
    </message>
    <message>
        <source>Give the network one thread, and run several images side by side instead.</source>
        <translation>只给网络一个线程，改为并行运行多张图像。</translation>
    </message>
</context>
<context>
    <name>HistogramPlot</name>
    <message>
        <source>Histogram of {what}</source>
        <translation>{what}的直方图</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>值</translation>
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
    <name>HistoryPanel</name>
    <message>
        <source>History</source>
        <translation>历史</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>备注</translation>
    </message>
    <message>
        <source>Note to this trial</source>
        <translation>此试验的备注</translation>
    </message>
    <message>
        <source>F2 to write, Enter to keep, Esc to take back</source>
        <translation>F2 编写，Enter 保留，Esc 撤回</translation>
    </message>
    <message>
        <source>What happened</source>
        <translation>发生的事</translation>
    </message>
    <message>
        <source>Predicted and measured</source>
        <translation>预测与实测</translation>
    </message>
    <message>
        <source>What happened in the study, the newest first</source>
        <translation>研究中发生的事，最新的在前</translation>
    </message>
    <message>
        <source>Select a trial to see what happened to it and what was predicted.</source>
        <translation>选择一个试验，查看它经历了什么、曾预测了什么。</translation>
    </message>
    <message>
        <source>Original</source>
        <translation>原始模型</translation>
    </message>
    <message>
        <source>under a second</source>
        <translation>不到一秒</translation>
    </message>
    <message>
        <source>Confirmed on the test split: {}, against the original {}</source>
        <translation>已在测试集上确认：{}，与原始模型相比 {}</translation>
    </message>
    <message>
        <source>Started</source>
        <translation>已开始</translation>
    </message>
    <message>
        <source>Finished in {}</source>
        <translation>已完成（{}）</translation>
    </message>
    <message>
        <source>Finished</source>
        <translation>已完成</translation>
    </message>
    <message>
        <source>Failed: {}</source>
        <translation>失败：{}</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>已取消</translation>
    </message>
    <message>
        <source>Interrupted: the program ended while it ran</source>
        <translation>已中断：运行时程序结束了</translation>
    </message>
    <message>
        <source>The test split was opened for it; no figures came back</source>
        <translation>曾为它打开测试集；没有得到数值</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>MACs</source>
        <translation>乘加</translation>
    </message>
    <message>
        <source>Latency</source>
        <translation>延迟</translation>
    </message>
    <message>
        <source>Δ Top-1</source>
        <translation>Δ Top-1</translation>
    </message>
    <message>
        <source>Predicted</source>
        <translation>预测</translation>
    </message>
    <message>
        <source>Measured</source>
        <translation>实测</translation>
    </message>
    <message>
        <source>inside the band {}</source>
        <translation>在预测区间 {} 之内</translation>
    </message>
    <message>
        <source>outside of the band {}</source>
        <translation>在预测区间 {} 之外</translation>
    </message>
    <message>
        <source>Predicted: what the sliders say about this recipe.</source>
        <translation>预测：滑块对此配方给出的数值。</translation>
    </message>
    <message>
        <source>Predicted before it ran, from {} finished trials.</source>
        <translation>运行前根据 {} 个已完成的试验预测。</translation>
    </message>
    <message>
        <source>{} of {} measured values lie in their bands.</source>
        <translation>{} / {} 个实测值落在预测区间内。</translation>
    </message>
    <message>
        <source>When</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>What</source>
        <translation>内容</translation>
    </message>
    <message>
        <source>Study: nothing was tried yet. Press Run or Quick sweep.</source>
        <translation>研究：还没有尝试过。请点“运行此点”或“快速扫描”。</translation>
    </message>
    <message>
        <source>Study: {} of {} trials finished, {} of work</source>
        <translation>研究：完成 {} / {} 个试验，共用时 {}</translation>
    </message>
</context>
<context>
    <name>ImageModel</name>
    <message>
        <source>Image {}: true class {}; before {} ({}), after {} ({})</source>
        <translation>图像 {}：真实类别 {}；之前 {}（{}），之后 {}（{}）</translation>
    </message>
</context>
<context>
    <name>JobOutcome</name>
    <message>
        <source>%Ln trial(s) finished</source>
        <translation>%Ln 个试验已完成</translation>
    </message>
    <message>
        <source>%Ln trial(s) failed</source>
        <translation>%Ln 个试验失败</translation>
    </message>
    <message>
        <source>, %Ln failed</source>
        <translation>，%Ln 个失败</translation>
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
        <source>Confirmed on the test split</source>
        <translation>已用测试集确认</translation>
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
    <message>
        <source>Go on with the others</source>
        <translation>继续其余试验</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Run on this computer</source>
        <translation>在本机运行</translation>
    </message>
    <message>
        <source>Download</source>
        <translation>下载</translation>
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
        <source>Not saved</source>
        <translation>未保存</translation>
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
        <source>Resume</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Go on where the job waits (F9)</source>
        <translation>从暂停处继续 (F9)</translation>
    </message>
    <message>
        <source>Let the job wait (F9)</source>
        <translation>让任务等待 (F9)</translation>
    </message>
    <message>
        <source>Opening {}…</source>
        <translation>正在打开 {}…</translation>
    </message>
    <message>
        <source>Saving the study as {}…</source>
        <translation>正在将研究另存为 {}…</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>正在停止…</translation>
    </message>
    <message>
        <source>Paused · {} of {} done</source>
        <translation>已暂停 · 已完成 {} / {}</translation>
    </message>
    <message>
        <source>Sweep {}/{}</source>
        <translation>扫描 {}/{}</translation>
    </message>
    <message>
        <source>Opening</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Running</source>
        <translation>运行</translation>
    </message>
    <message>
        <source>Saving</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Confirming on test</source>
        <translation>在测试集上确认</translation>
    </message>
    <message>
        <source>Measuring sensitivity</source>
        <translation>测量敏感度</translation>
    </message>
    <message>
        <source>about {} left</source>
        <translation>约剩 {}</translation>
    </message>
    <message>
        <source>{} ({} to {})</source>
        <translation>{}（{} 至 {}）</translation>
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
        <source>Bits</source>
        <translation>位宽</translation>
    </message>
    <message>
        <source>Pruned</source>
        <translation>剪枝</translation>
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
        <source>Bits per weight in the file. Type a number to give a layer its own.</source>
        <translation>文件中每个权重的位数。输入数字可为某一层单独设定。</translation>
    </message>
    <message>
        <source>Share of the channels or weights that goes. Type a number to give a layer its own.</source>
        <translation>被移除的通道或权重所占比例。输入数字可为某一层单独设定。</translation>
    </message>
    <message>
        <source>{}, its own</source>
        <translation>{}，单独设定</translation>
    </message>
    <message>
        <source>{} of {} are not zero</source>
        <translation>{} / {} 个非零</translation>
    </message>
    <message>
        <source>Codes into a codebook of {} vectors</source>
        <translation>指向含 {} 个向量的码本的编码</translation>
    </message>
    <message>
        <source>Coded along a trellis of 256 levels</source>
        <translation>沿 256 级网格编码</translation>
    </message>
    <message>
        <source>Asked for: {}</source>
        <translation>要求：{}</translation>
    </message>
    <message>
        <source>Channels go together with: {}. The smallest share asked for holds.</source>
        <translation>通道与以下层一同移除：{}。以所要求的最小比例为准。</translation>
    </message>
    <message>
        <source>Its own value. Press Del to go back to what the sliders say.</source>
        <translation>单独设定的值。按 Del 恢复为滑块的设定。</translation>
    </message>
    <message>
        <source>As the sliders say. Type a number to give it its own.</source>
        <translation>与滑块一致。输入数字可单独设定。</translation>
    </message>
    <message>
        <source>Bits per layer need quantisation to 8 bits or fewer.</source>
        <translation>逐层位宽需要量化到 8 位或更少。</translation>
    </message>
    <message>
        <source>Amounts per layer are for channels and for single weights.</source>
        <translation>逐层比例只适用于通道和单个权重。</translation>
    </message>
    <message>
        <source>The channels of this layer cannot be removed.</source>
        <translation>这一层的通道无法移除。</translation>
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
    <name>LayersPage</name>
    <message>
        <source>Open a model to see its layers.</source>
        <translation>打开模型以查看其各层。</translation>
    </message>
    <message>
        <source>Sliders: {}</source>
        <translation>滑块：{}</translation>
    </message>
    <message>
        <source>Original</source>
        <translation>原始模型</translation>
    </message>
    <message>
        <source>The student&apos;s layers are not known in this study.</source>
        <translation>此研究中没有该学生网络的层信息。</translation>
    </message>
    <message>
        <source>Press “Measure sensitivity” in the recipe panel first.</source>
        <translation>请先在配方面板中按“测量敏感度”。</translation>
    </message>
    <message>
        <source>Bytes of the weights</source>
        <translation>权重的字节数</translation>
    </message>
    <message>
        <source>Multiply-accumulates of one image</source>
        <translation>单张图像的乘加运算数</translation>
    </message>
    <message>
        <source>Bits stored for each weight</source>
        <translation>每个权重存储的位数</translation>
    </message>
    <message>
        <source>Zeros among the weights (%)</source>
        <translation>权重中零的比例（%）</translation>
    </message>
    <message>
        <source>Damage with this layer alone at its bits (nats)</source>
        <translation>仅此层采用其位宽时的损害（nat）</translation>
    </message>
    <message>
        <source>Bytes</source>
        <translation>字节</translation>
    </message>
    <message>
        <source>MACs</source>
        <translation>乘加运算</translation>
    </message>
    <message>
        <source>Bits</source>
        <translation>位宽</translation>
    </message>
    <message>
        <source>Sparsity</source>
        <translation>稀疏度</translation>
    </message>
    <message>
        <source>Sensitivity</source>
        <translation>敏感度</translation>
    </message>
    <message>
        <source>What the bars show</source>
        <translation>条形图显示的量</translation>
    </message>
    <message>
        <source>Largest first</source>
        <translation>从大到小</translation>
    </message>
    <message>
        <source>Layers as bars; outlined: the original</source>
        <translation>各层条形图；轮廓线为原始模型</translation>
    </message>
    <message>
        <source>Filled: now. Outlined: the original.</source>
        <translation>实心：当前。轮廓线：原始模型。</translation>
    </message>
</context>
<context>
    <name>LayersPanel</name>
    <message>
        <source>Layers</source>
        <translation>各层</translation>
    </message>
    <message>
        <source>Sliders</source>
        <translation>滑块</translation>
    </message>
    <message>
        <source>The layers as the sliders say; here single layers can be changed</source>
        <translation>按滑块设定的各层；可在此单独更改某些层</translation>
    </message>
    <message>
        <source>The layers of the selected trial, as they were made</source>
        <translation>所选试验实际生成的各层</translation>
    </message>
    <message>
        <source>Sort by: {}</source>
        <translation>排序依据：{}</translation>
    </message>
    <message>
        <source>Original</source>
        <translation>原始模型</translation>
    </message>
    <message>
        <source>Trial #{}</source>
        <translation>试验 #{}</translation>
    </message>
    <message>
        <source>Open a model to see its layers.</source>
        <translation>打开模型以查看各层。</translation>
    </message>
    <message>
        <source>The layers are known when the student is made.</source>
        <translation>生成学生网络后才知道其各层。</translation>
    </message>
    <message>
        <source>weights {}</source>
        <translation>权重 {}</translation>
    </message>
    <message>
        <source>file {}</source>
        <translation>文件 {}</translation>
    </message>
    <message>
        <source>Choose Sliders above to change single layers.</source>
        <translation>在上方选择“滑块”即可更改单个层。</translation>
    </message>
</context>
<context>
    <name>LogPanel</name>
    <message>
        <source>Log</source>
        <translation>日志</translation>
    </message>
    <message>
        <source>Nothing has happened yet.</source>
        <translation>尚无记录。</translation>
    </message>
    <message>
        <source>Copy all</source>
        <translation>全部复制</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>清空</translation>
    </message>
    <message>
        <source>Open log folder</source>
        <translation>打开日志文件夹</translation>
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
        <source>Log</source>
        <translation>日志</translation>
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
        <source>Compare</source>
        <translation>对比</translation>
    </message>
    <message>
        <source>Errors</source>
        <translation>错误</translation>
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
        <source>Activations</source>
        <translation>激活值</translation>
    </message>
    <message>
        <source>Which values activations may take.</source>
        <translation>激活值可以取哪些值。</translation>
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
        <source>Own levels</source>
        <translation>逐通道量化级</translation>
    </message>
    <message>
        <source>Every channel&apos;s own 4 to 16 levels, anywhere; in layers where they pay for themselves.</source>
        <translation>每个通道自己的 4 到 16 个量化级，位置任意；只用于划算的层。</translation>
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
        <source>Blockwise</source>
        <translation>逐块学习</translation>
    </message>
    <message>
        <source>Levels are learnt for whole blocks (BRECQ).</source>
        <translation>以整块为单位学习量化级（BRECQ）。</translation>
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
        <source>Up to 4 bits a trellis or codebooks where they pay; even levels elsewhere.</source>
        <translation>4 位及以下在划算处用网格编码或码本，其余用等距量化级。</translation>
    </message>
    <message>
        <source>Trellis</source>
        <translation>网格编码</translation>
    </message>
    <message>
        <source>2 or 3 bits a weight, whose level depends on its neighbours&apos; codes too: one of 256.</source>
        <translation>每个权重 2 或 3 位，其量化级还取决于相邻权重的编码：共 256 级。</translation>
    </message>
    <message>
        <source>Even</source>
        <translation>等间距</translation>
    </message>
    <message>
        <source>Evenly spaced over the range of every activation.</source>
        <translation>在每个激活值的范围内等间距。</translation>
    </message>
    <message>
        <source>Fixed point</source>
        <translation>定点</translation>
    </message>
    <message>
        <source>Evenly spaced, with steps that are powers of two: a shift instead of a multiplication.</source>
        <translation>等间距，步长为二的幂：用移位代替乘法。</translation>
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
    <name>OverrideBar</name>
    <message>
        <source>Bits</source>
        <translation>位宽</translation>
    </message>
    <message>
        <source>Pruned</source>
        <translation>剪枝</translation>
    </message>
    <message>
        <source>Bits of the selected layers</source>
        <translation>所选层的位宽</translation>
    </message>
    <message>
        <source>Amount pruned of the selected layers</source>
        <translation>所选层的剪枝比例</translation>
    </message>
    <message>
        <source>as sliders</source>
        <translation>同滑块</translation>
    </message>
    <message>
        <source>various</source>
        <translation>不一致</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>Leave the selected layers as they are: nothing pruned, 8 bits</source>
        <translation>保持所选层不变：不剪枝，8 位</translation>
    </message>
    <message>
        <source>As sliders</source>
        <translation>恢复为滑块</translation>
    </message>
    <message>
        <source>Take back what the selected layers have of their own (Del); of all layers when none is selected</source>
        <translation>撤销所选层的单独设定（Del）；未选择时撤销所有层的设定</translation>
    </message>
</context>
<context>
    <name>ParallelPage</name>
    <message>
        <source>Reading the trials…</source>
        <translation>正在读取试验…</translation>
    </message>
    <message>
        <source>{drawn} of {all} trials are drawn: every so many of them.</source>
        <translation>共 {all} 次试验，等间隔抽取绘出 {drawn} 次。</translation>
    </message>
    <message>
        <source>{passed} of {all} trials</source>
        <translation>{passed} / {all} 次试验</translation>
    </message>
    <message>
        <source>Drag along an axis to choose trials</source>
        <translation>沿坐标轴拖动以选择试验</translation>
    </message>
    <message>
        <source>Axes</source>
        <translation>坐标轴</translation>
    </message>
    <message>
        <source>Which choices and metrics have an axis</source>
        <translation>哪些选项和指标有坐标轴</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>对数</translation>
    </message>
    <message>
        <source>Logarithmic axes where the metric suits it</source>
        <translation>适合的指标使用对数坐标轴</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>清除</translation>
    </message>
    <message>
        <source>Take every brush away (Escape)</source>
        <translation>清除所有选区（Escape）</translation>
    </message>
</context>
<context>
    <name>ParallelPlot</name>
    <message>
        <source>Parallel coordinates of the study</source>
        <translation>研究的平行坐标图</translation>
    </message>
    <message>
        <source>Every finished trial becomes a line across its choices and results.</source>
        <translation>每次完成的试验都会成为一条穿过其选项和结果的折线。</translation>
    </message>
    <message>
        <source>{axis}: all</source>
        <translation>{axis}：全部</translation>
    </message>
    <message>
        <source>{axis}: {low} to {high}</source>
        <translation>{axis}：{low} 至 {high}</translation>
    </message>
    <message>
        <source>{passed} of {all} trials</source>
        <translation>{passed} / {all} 次试验</translation>
    </message>
</context>
<context>
    <name>PlotBar</name>
    <message numerus="yes">
        <source>Published results (%Ln)</source>
        <translation>
            <numerusform>已发表的结果（%Ln）</numerusform>
        </translation>
    </message>
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
        <source>Import published results…</source>
        <translation>导入已发表的结果…</translation>
    </message>
    <message>
        <source>From a CSV or JSON file: label, source, accuracy, size_bytes, macs, params</source>
        <translation>来自 CSV 或 JSON 文件：label、source、accuracy、size_bytes、macs、params</translation>
    </message>
    <message>
        <source>Forget imported results</source>
        <translation>移除导入的结果</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>显示</translation>
    </message>
    <message>
        <source>What the plots show</source>
        <translation>图中显示的内容</translation>
    </message>
    <message>
        <source>Drag a rectangle to select trials; without this, hold Shift while dragging</source>
        <translation>拖出矩形以选择试验；未启用时按住 Shift 拖动</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>对数</translation>
    </message>
    <message>
        <source>Logarithmic axes where the metric suits it</source>
        <translation>适合的指标使用对数坐标轴</translation>
    </message>
    <message>
        <source>Front</source>
        <translation>帕累托前沿</translation>
    </message>
    <message>
        <source>Draw the Pareto front, and within what it is known</source>
        <translation>绘制帕累托前沿及其不确定范围</translation>
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
        <source>Notes</source>
        <translation>备注</translation>
    </message>
    <message>
        <source>Write the trials&apos; notes beside their points</source>
        <translation>在点旁显示试验的备注</translation>
    </message>
    <message>
        <source>Grey pentagons: what others published for this network and data, not measured here</source>
        <translation>灰色五边形：他人针对此网络和数据发表的结果，并非在此测量</translation>
    </message>
</context>
<context>
    <name>PlotDesk</name>
    <message>
        <source>Trade-off plots</source>
        <translation>权衡图</translation>
    </message>
    <message>
        <source>Parallel coordinates</source>
        <translation>平行坐标图</translation>
    </message>
    <message>
        <source>Layers as bars</source>
        <translation>各层条形图</translation>
    </message>
</context>
<context>
    <name>PlotLegend</name>
    <message>
        <source>Quantised</source>
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
        <source>Other machine or runtime</source>
        <translation>其他机器或运行时</translation>
    </message>
    <message>
        <source>Pareto front</source>
        <translation>帕累托前沿</translation>
    </message>
    <message>
        <source>95 % band of the front</source>
        <translation>前沿的 95 % 范围</translation>
    </message>
    <message>
        <source>Original</source>
        <translation>原始模型</translation>
    </message>
    <message>
        <source>Current sliders</source>
        <translation>当前滑块</translation>
    </message>
    <message>
        <source>Published elsewhere</source>
        <translation>他处发表</translation>
    </message>
</context>
<context>
    <name>Plotting</name>
    <message>
        <source>Copied: the plots as they are seen, as a picture.</source>
        <translation>已复制：当前所见的图，作为图片。</translation>
    </message>
    <message numerus="yes">
        <source>%Ln published results imported.</source>
        <translation>
            <numerusform>已导入 %Ln 个已发表的结果。</numerusform>
        </translation>
    </message>
    <message>
        <source>They are drawn as grey pentagons where their network and data are open.</source>
        <translation>打开对应的网络和数据时，它们显示为灰色五边形。</translation>
    </message>
    <message>
        <source>None of them is about this network and these data.</source>
        <translation>其中没有针对此网络和这些数据的结果。</translation>
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
    <name>Preferences</name>
    <message>
        <source>Untitled study of {}</source>
        <translation>{} 的未命名研究</translation>
    </message>
    <message>
        <source>No font for Chinese is installed.</source>
        <translation>未安装中文字体。</translation>
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
    <message numerus="yes">
        <source>%Ln trials were deleted.</source>
        <translation>
            <numerusform>已删除 %Ln 次试验。</numerusform>
        </translation>
    </message>
    <message>
        <source>Trial #{} was deleted.</source>
        <translation>试验 #{} 已删除。</translation>
    </message>
</context>
<context>
    <name>PruneMethodGroup</name>
    <message>
        <source>How to prune</source>
        <translation>剪枝方法</translation>
    </message>
    <message>
        <source>What counts as important, and how the amount is shared out.</source>
        <translation>怎样判断重要性，以及剪枝量如何分配。</translation>
    </message>
    <message>
        <source>Amount of</source>
        <translation>剪枝量针对</translation>
    </message>
    <message>
        <source>What the amount is a share of.</source>
        <translation>剪枝比例是相对于什么而言。</translation>
    </message>
    <message>
        <source>Importance</source>
        <translation>重要性</translation>
    </message>
    <message>
        <source>How it is judged what the network would miss least.</source>
        <translation>怎样判断网络最不需要哪些部分。</translation>
    </message>
    <message>
        <source>Shared out</source>
        <translation>分配</translation>
    </message>
    <message>
        <source>Over the whole network, or equally.</source>
        <translation>在整个网络中分配，或平均分配。</translation>
    </message>
    <message>
        <source>Zeros</source>
        <translation>零的位置</translation>
    </message>
    <message>
        <source>Where single weights may become zero.</source>
        <translation>单个权重可以在哪里变为零。</translation>
    </message>
    <message>
        <source>Widths</source>
        <translation>宽度</translation>
    </message>
    <message>
        <source>Which numbers of channels may remain.</source>
        <translation>可以保留哪些通道数。</translation>
    </message>
    <message>
        <source>Steps grow</source>
        <translation>步长</translation>
    </message>
    <message>
        <source>How much goes at each of several steps.</source>
        <translation>分多步时每一步剪去多少。</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>步数</translation>
    </message>
    <message>
        <source>Remove part by part, and fine-tune after each part.</source>
        <translation>分步剪除，每步之后微调。</translation>
    </message>
    <message>
        <source>Channels</source>
        <translation>通道数</translation>
    </message>
    <message>
        <source>A share of all channels, weights or blocks.</source>
        <translation>所有通道、权重或残差块中的比例。</translation>
    </message>
    <message>
        <source>MACs</source>
        <translation>乘加运算</translation>
    </message>
    <message>
        <source>So that this share of the multiplications is gone.</source>
        <translation>使乘加运算减少这一比例。</translation>
    </message>
    <message>
        <source>Weights&apos; bytes</source>
        <translation>权重字节</translation>
    </message>
    <message>
        <source>So that this share of the weights&apos; bytes is gone.</source>
        <translation>使权重的字节数减少这一比例。</translation>
    </message>
    <message>
        <source>Latency here</source>
        <translation>本机延迟</translation>
    </message>
    <message>
        <source>So that this share of the measured time is gone.</source>
        <translation>使实测时间减少这一比例。</translation>
    </message>
    <message>
        <source>Whole network</source>
        <translation>整个网络</translation>
    </message>
    <message>
        <source>The least important of all go first.</source>
        <translation>全网络中最不重要的先剪。</translation>
    </message>
    <message>
        <source>Equally</source>
        <translation>平均</translation>
    </message>
    <message>
        <source>The same share of every layer.</source>
        <translation>每层相同的比例。</translation>
    </message>
    <message>
        <source>Anywhere</source>
        <translation>任意位置</translation>
    </message>
    <message>
        <source>Any single weight.</source>
        <translation>任意单个权重。</translation>
    </message>
    <message>
        <source>2 of 4</source>
        <translation>4 选 2</translation>
    </message>
    <message>
        <source>Two of every four weights along the inputs.</source>
        <translation>沿输入方向每四个权重剪去两个。</translation>
    </message>
    <message>
        <source>1 of 4 stays</source>
        <translation>4 留 1</translation>
    </message>
    <message>
        <source>Three of every four weights along the inputs.</source>
        <translation>沿输入方向每四个权重剪去三个。</translation>
    </message>
    <message>
        <source>Blocks of 4</source>
        <translation>4 个一组</translation>
    </message>
    <message>
        <source>Four neighbouring weights along the inputs together.</source>
        <translation>沿输入方向相邻的四个权重一起剪。</translation>
    </message>
    <message>
        <source>Any</source>
        <translation>任意</translation>
    </message>
    <message>
        <source>Ragged widths may be no faster.</source>
        <translation>不规整的宽度可能并不更快。</translation>
    </message>
    <message>
        <source>Fast ones</source>
        <translation>快速宽度</translation>
    </message>
    <message>
        <source>Only widths at which this machine&apos;s kernels get faster.</source>
        <translation>只取本机算子确实变快的宽度。</translation>
    </message>
    <message>
        <source>Cubic</source>
        <translation>三次</translation>
    </message>
    <message>
        <source>Much at first, little at the end.</source>
        <translation>先多后少。</translation>
    </message>
    <message>
        <source>Linear</source>
        <translation>线性</translation>
    </message>
    <message>
        <source>The same at every step.</source>
        <translation>每步相同。</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>What was measured to keep most accuracy.</source>
        <translation>经实测最能保持准确率的方法。</translation>
    </message>
    <message>
        <source>Magnitude (L1)</source>
        <translation>幅值 (L1)</translation>
    </message>
    <message>
        <source>Sum of the absolute weights.</source>
        <translation>权重绝对值之和。</translation>
    </message>
    <message>
        <source>Magnitude (L2)</source>
        <translation>幅值 (L2)</translation>
    </message>
    <message>
        <source>Root of the sum of squared weights.</source>
        <translation>权重平方和的平方根。</translation>
    </message>
    <message>
        <source>LAMP</source>
        <translation>LAMP</translation>
    </message>
    <message>
        <source>Squared weight against all larger ones of its layer.</source>
        <translation>权重平方与本层所有更大权重平方和之比。</translation>
    </message>
    <message>
        <source>Geometric median</source>
        <translation>几何中位数</translation>
    </message>
    <message>
        <source>Channels that others could replace go first.</source>
        <translation>可被其他通道代替的通道先剪。</translation>
    </message>
    <message>
        <source>Batch norm</source>
        <translation>批归一化</translation>
    </message>
    <message>
        <source>The scale that batch norm gives the channel.</source>
        <translation>批归一化赋予该通道的缩放系数。</translation>
    </message>
    <message>
        <source>Taylor</source>
        <translation>泰勒</translation>
    </message>
    <message>
        <source>Weight times gradient, on training images.</source>
        <translation>训练图像上权重与梯度之积。</translation>
    </message>
    <message>
        <source>Gradient</source>
        <translation>梯度</translation>
    </message>
    <message>
        <source>Size of the gradient, on training images.</source>
        <translation>训练图像上梯度的大小。</translation>
    </message>
    <message>
        <source>Hessian</source>
        <translation>海森矩阵</translation>
    </message>
    <message>
        <source>Curvature times squared weight, on training images.</source>
        <translation>训练图像上曲率与权重平方之积。</translation>
    </message>
    <message>
        <source>Activation</source>
        <translation>激活</translation>
    </message>
    <message>
        <source>How strongly it answers to calibration images.</source>
        <translation>对校准图像的响应强度。</translation>
    </message>
    <message>
        <source>Random</source>
        <translation>随机</translation>
    </message>
    <message>
        <source>A control: nothing should be worse.</source>
        <translation>对照：任何方法都不应比它更差。</translation>
    </message>
</context>
<context>
    <name>Punctuation</name>
    <message>
        <source>{name}: {value}</source>
        <translation>{name}：{value}</translation>
    </message>
    <message>
        <source>, </source>
        <translation>、</translation>
    </message>
    <message>
        <source>; </source>
        <translation>；</translation>
    </message>
</context>
<context>
    <name>QAbstractFileIconProvider</name>
    <message>
        <source>Drive</source>
        <translation>驱动器</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>File Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>File</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>Shortcut</source>
        <translation>快捷方式</translation>
    </message>
    <message>
        <source>Alias</source>
        <translation>替身</translation>
    </message>
    <message>
        <source>Unknown</source>
        <translation>未知</translation>
    </message>
</context>
<context>
    <name>QFileDialog</name>
    <message>
        <source>&amp;Look in:</source>
        <translation>查找范围(&amp;L)：</translation>
    </message>
    <message>
        <source>Files of &amp;type:</source>
        <translation>文件类型(&amp;T)：</translation>
    </message>
</context>
<context>
    <name>QFileSystemModel</name>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
</context>
<context>
    <name>RecipePanel</name>
    <message>
        <source>&amp;Quantise</source>
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
        <source>Fine-&amp;tune</source>
        <translation>微调(&amp;T)</translation>
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
        <source>Start from the original&apos;s weights</source>
        <translation>从原始模型的权重开始</translation>
    </message>
    <message>
        <source>Its most important channels and blocks; otherwise from random weights.</source>
        <translation>取其最重要的通道与残差块；否则从随机权重开始。</translation>
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
        <source>Weight of the original&apos;s answers against the labels.</source>
        <translation>原始模型输出相对于标签的权重。</translation>
    </message>
    <message>
        <source>T auto</source>
        <translation>T 自动</translation>
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
        <source>Whole blocks (depth)</source>
        <translation>整个残差块（深度）</translation>
    </message>
    <message>
        <source>Channels and blocks</source>
        <translation>通道与残差块</translation>
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
    <message numerus="yes">
        <source>%Ln layer(s) have their own amount</source>
        <translation>
            <numerusform>%Ln 层单独设定比例</numerusform>
        </translation>
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
    <message numerus="yes">
        <source>%Ln layer(s) have their own bits</source>
        <translation>
            <numerusform>%Ln 层单独设定位宽</numerusform>
        </translation>
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
        <source>Temperature of distillation: softens the original&apos;s answers. Auto: by where training starts.</source>
        <translation>蒸馏温度：使原始模型的输出更平滑。自动：取决于训练的起点。</translation>
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
        <source>fewer channels, MACs and bytes</source>
        <translation>通道更少：乘加运算和字节数更少</translation>
    </message>
    <message>
        <source>zeros take one bit; same MACs</source>
        <translation>每个零占一位；乘加运算不变</translation>
    </message>
    <message>
        <source>fewer layers: really faster</source>
        <translation>层数更少：真正更快</translation>
    </message>
    <message>
        <source>what loses least, layer or width</source>
        <translation>取损失最小者：层或宽度</translation>
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
        <source>change of single layers</source>
        <translation>更改单个层</translation>
    </message>
    <message>
        <source>recipe to sliders</source>
        <translation>将配方载入滑块</translation>
    </message>
</context>
<context>
    <name>Reporting</name>
    <message>
        <source>A report is being written already.</source>
        <translation>已经在写一份报告。</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Report written: {}</source>
        <translation>报告已写好：{}</translation>
    </message>
    <message>
        <source>Copied: the table of {} trials, as CSV.</source>
        <translation>已复制：{} 个试验的表格（CSV）。</translation>
    </message>
    <message>
        <source>Copy as Python</source>
        <translation>复制为 Python</translation>
    </message>
    <message>
        <source>Copied: the command that makes trial #{} again.</source>
        <translation>已复制：重现试验 #{} 的命令。</translation>
    </message>
    <message>
        <source>Copied: a script that makes trial #{} again.</source>
        <translation>已复制：重现试验 #{} 的脚本。</translation>
    </message>
</context>
<context>
    <name>SearchGroup</name>
    <message>
        <source>Budgets</source>
        <translation>预算</translation>
    </message>
    <message>
        <source>Size at most</source>
        <translation>大小不超过</translation>
    </message>
    <message>
        <source>Latency at most</source>
        <translation>延迟不超过</translation>
    </message>
    <message>
        <source>Accuracy at least</source>
        <translation>准确率不低于</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>Stop searching</source>
        <translation>停止搜索</translation>
    </message>
    <message>
        <source>Auto search</source>
        <translation>自动搜索</translation>
    </message>
    <message>
        <source>Finds the front of the stops above in few trials, and keeps the budgets (Ctrl+Shift+F)</source>
        <translation>用少量试验找到以上取值的前沿，并满足预算 (Ctrl+Shift+F)</translation>
    </message>
</context>
<context>
    <name>SettingsDialog</name>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>跟随系统</translation>
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
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>From the engine&apos;s next start on.</source>
        <translation>引擎下次启动时生效。</translation>
    </message>
    <message>
        <source>none, or for example 8, 32</source>
        <translation>无，或例如 8, 32</translation>
    </message>
    <message>
        <source>Peak memory, in a process of its own</source>
        <translation>在单独进程中测量峰值内存</translation>
    </message>
    <message>
        <source>Logarithmic size and latency axes</source>
        <translation>大小与延迟使用对数坐标</translation>
    </message>
    <message>
        <source>Plots follow new points</source>
        <translation>图表跟随新的点</translation>
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
        <source>Engine threads</source>
        <translation>引擎线程数</translation>
    </message>
    <message>
        <source>Seed of new studies</source>
        <translation>新研究的随机种子</translation>
    </message>
    <message>
        <source>Runtime to measure in</source>
        <translation>测量所用的运行时</translation>
    </message>
    <message>
        <source>Throughput at batches of</source>
        <translation>测量吞吐量的批量</translation>
    </message>
    <message>
        <source>Accuracy and latency are measured in it, from the next trial on. Every trial names its runtime.</source>
        <translation>准确率和延迟均在其中测量，从下一次试验起生效。每次试验都会注明其运行时。</translation>
    </message>
    <message>
        <source>OK</source>
        <translation>确定</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Apply</source>
        <translation>应用</translation>
    </message>
    <message>
        <source>Restore defaults</source>
        <translation>恢复默认</translation>
    </message>
    <message>
        <source>ONNX Runtime</source>
        <translation>ONNX Runtime</translation>
    </message>
    <message>
        <source>OpenVINO</source>
        <translation>OpenVINO</translation>
    </message>
    <message>
        <source>PyTorch eager, float files only</source>
        <translation>PyTorch eager（仅浮点文件）</translation>
    </message>
    <message>
        <source>{} (not installed)</source>
        <translation>{}（未安装）</translation>
    </message>
</context>
<context>
    <name>StepsTable</name>
    <message>
        <source>Step by step</source>
        <translation>逐步分解</translation>
    </message>
    <message>
        <source>What each step cost and gave</source>
        <translation>每一步的代价与收益</translation>
    </message>
    <message>
        <source>Measure each step</source>
        <translation>测量每一步</translation>
    </message>
    <message>
        <source>Run the steps that were not measured, as trials of their own</source>
        <translation>把尚未测量的步骤作为单独的试验运行</translation>
    </message>
    <message>
        <source>After</source>
        <translation>步骤</translation>
    </message>
    <message>
        <source>Top-1</source>
        <translation>Top-1</translation>
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
        <source>not measured</source>
        <translation>未测量</translation>
    </message>
    <message>
        <source>Original</source>
        <translation>原始模型</translation>
    </message>
    <message>
        <source>+ student</source>
        <translation>+ 学生网络</translation>
    </message>
    <message>
        <source>+ prune</source>
        <translation>+ 剪枝</translation>
    </message>
    <message>
        <source>+ fine-tune</source>
        <translation>+ 微调</translation>
    </message>
    <message>
        <source>+ quantise</source>
        <translation>+ 量化</translation>
    </message>
</context>
<context>
    <name>StudyAxes</name>
    <message>
        <source>Method</source>
        <translation>方法</translation>
    </message>
    <message>
        <source>original</source>
        <translation>原始</translation>
    </message>
    <message>
        <source>quantised</source>
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
        <source>Student</source>
        <translation>学生网络</translation>
    </message>
    <message>
        <source>Pruned</source>
        <translation>剪枝</translation>
    </message>
    <message>
        <source>Pruned what</source>
        <translation>剪枝对象</translation>
    </message>
    <message>
        <source>Epochs</source>
        <translation>轮数</translation>
    </message>
    <message>
        <source>Distilled</source>
        <translation>蒸馏</translation>
    </message>
    <message>
        <source>Weight bits</source>
        <translation>权重位宽</translation>
    </message>
    <message>
        <source>Act. bits</source>
        <translation>激活位宽</translation>
    </message>
    <message>
        <source>Levels</source>
        <translation>量化级</translation>
    </message>
    <message>
        <source>Rounding</source>
        <translation>舍入</translation>
    </message>
    <message>
        <source>Effort</source>
        <translation>投入</translation>
    </message>
    <message>
        <source>QAT epochs</source>
        <translation>QAT 轮数</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>种子</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>是</translation>
    </message>
    <message>
        <source>channels</source>
        <translation>通道</translation>
    </message>
    <message>
        <source>weights</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>blocks</source>
        <translation>残差块</translation>
    </message>
    <message>
        <source>mixed</source>
        <translation>混合</translation>
    </message>
    <message>
        <source>auto</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>fast</source>
        <translation>快速</translation>
    </message>
    <message>
        <source>balanced</source>
        <translation>均衡</translation>
    </message>
    <message>
        <source>best</source>
        <translation>最佳</translation>
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
        <source>%Ln trial(s)</source>
        <translation>
            <numerusform>%Ln 个试验</numerusform>
        </translation>
    </message>
    <message>
        <source>, about {}</source>
        <translation>，约 {}</translation>
    </message>
    <message numerus="yes">
        <source>%Ln measured already and reused</source>
        <translation>
            <numerusform>%Ln 个已测量，直接复用</numerusform>
        </translation>
    </message>
    <message>
        <source>{}.</source>
        <translation>{}。</translation>
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
        <source>whole blocks</source>
        <translation>整个残差块</translation>
    </message>
    <message>
        <source>channels and blocks</source>
        <translation>通道与残差块</translation>
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
        <source>%Ln epoch(s) of training</source>
        <translation>
            <numerusform>训练 %Ln 轮</numerusform>
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
    <name>SweepResume</name>
    <message numerus="yes">
        <source>The last sweep of this study was not finished: %Ln recipe(s) are left.</source>
        <translation>
            <numerusform>此研究的上一次扫描未完成：还剩 %Ln 个配方。</numerusform>
        </translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>继续</translation>
    </message>
</context>
<context>
    <name>TargetButton</name>
    <message>
        <source>This computer</source>
        <translation>本机</translation>
    </message>
    <message>
        <source>Make and measure trials here</source>
        <translation>在本机生成并测量试验</translation>
    </message>
    <message>
        <source>Cluster…</source>
        <translation>集群…</translation>
    </message>
    <message>
        <source>Make and measure trials on the workers of a Dask scheduler</source>
        <translation>在 Dask 调度器的工作节点上生成并测量试验</translation>
    </message>
    <message>
        <source>Target: this PC</source>
        <translation>目标设备：本机</translation>
    </message>
    <message>
        <source>Where trials are made and measured</source>
        <translation>试验在哪里生成和测量</translation>
    </message>
    <message>
        <source>Target: cluster {}</source>
        <translation>目标设备：集群 {}</translation>
    </message>
    <message numerus="yes">
        <source>Target: this PC · %Ln thread(s) · {}</source>
        <translation>
            <numerusform>目标设备：本机 · %Ln 个线程 · {}</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>TradeoffDrawing</name>
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
    <name>TradeoffPair</name>
    <message>
        <source>The original is being measured…</source>
        <translation>正在测量原始模型…</translation>
    </message>
    <message>
        <source>No trial has both of the axes&apos; figures.</source>
        <translation>没有试验同时具备两个坐标轴的数值。</translation>
    </message>
    <message>
        <source>Open data to measure accuracy: size, MACs and latency are known without.</source>
        <translation>打开数据即可测量准确率；大小、乘加运算和延迟无需数据。</translation>
    </message>
    <message>
        <source>{drawn} of {all} trials are drawn: the front, pinned trials, and a sample of the others.</source>
        <translation>共 {all} 次试验，绘出 {drawn} 次：前沿、钉住的试验，以及其余试验的抽样。</translation>
    </message>
</context>
<context>
    <name>TrainingGroup</name>
    <message>
        <source>How to train</source>
        <translation>训练方法</translation>
    </message>
    <message>
        <source>Optimiser, augmentation, what is kept, and what the teacher teaches.</source>
        <translation>优化器、数据增强、保留哪个结果，以及教师教什么。</translation>
    </message>
    <message>
        <source>Optimiser</source>
        <translation>优化器</translation>
    </message>
    <message>
        <source>How weights follow their gradients.</source>
        <translation>权重如何跟随梯度更新。</translation>
    </message>
    <message>
        <source>Augmentation</source>
        <translation>数据增强</translation>
    </message>
    <message>
        <source>Whether training images are shifted and flipped.</source>
        <translation>训练图像是否平移和翻转。</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>Which epoch&apos;s network is kept.</source>
        <translation>保留哪一轮的网络。</translation>
    </message>
    <message>
        <source>Labels</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>Where the hard labels come from.</source>
        <translation>硬标签来自哪里。</translation>
    </message>
    <message>
        <source>Batch</source>
        <translation>批大小</translation>
    </message>
    <message>
        <source>Images a step.</source>
        <translation>每步的图像数。</translation>
    </message>
    <message>
        <source>Smoothing</source>
        <translation>标签平滑</translation>
    </message>
    <message>
        <source>Share of each label spread over all classes.</source>
        <translation>每个标签分摊到所有类别的比例。</translation>
    </message>
    <message>
        <source>Mixup</source>
        <translation>Mixup</translation>
    </message>
    <message>
        <source>How strongly pairs of images are mixed; 0 is off.</source>
        <translation>图像两两混合的强度；0 为关闭。</translation>
    </message>
    <message>
        <source>Average</source>
        <translation>权重平均</translation>
    </message>
    <message>
        <source>Decay of the moving average of the weights; 0 is off.</source>
        <translation>权重滑动平均的衰减系数；0 为关闭。</translation>
    </message>
    <message>
        <source>Patience</source>
        <translation>耐心</translation>
    </message>
    <message>
        <source>Stop after so many epochs without a gain; 0 is off.</source>
        <translation>连续多少轮无提升后停止；0 为关闭。</translation>
    </message>
    <message>
        <source>Features</source>
        <translation>特征</translation>
    </message>
    <message>
        <source>Weight of matching the teacher&apos;s feature maps.</source>
        <translation>匹配教师特征图的损失权重。</translation>
    </message>
    <message>
        <source>Attention</source>
        <translation>注意力</translation>
    </message>
    <message>
        <source>Weight of looking where the teacher looks.</source>
        <translation>关注教师所关注之处的损失权重。</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>SGD for networks with batch norm, AdamW for others.</source>
        <translation>有批归一化的网络用 SGD，其余用 AdamW。</translation>
    </message>
    <message>
        <source>SGD</source>
        <translation>SGD</translation>
    </message>
    <message>
        <source>With Nesterov momentum.</source>
        <translation>带 Nesterov 动量。</translation>
    </message>
    <message>
        <source>AdamW</source>
        <translation>AdamW</translation>
    </message>
    <message>
        <source>Adam with decoupled weight decay.</source>
        <translation>权重衰减解耦的 Adam。</translation>
    </message>
    <message>
        <source>Where it helps.</source>
        <translation>仅在有帮助时。</translation>
    </message>
    <message>
        <source>None</source>
        <translation>无</translation>
    </message>
    <message>
        <source>Images as they are.</source>
        <translation>图像保持原样。</translation>
    </message>
    <message>
        <source>Standard</source>
        <translation>标准</translation>
    </message>
    <message>
        <source>Shifts, and flips of photographs.</source>
        <translation>平移，照片还会翻转。</translation>
    </message>
    <message>
        <source>Last epoch</source>
        <translation>最后一轮</translation>
    </message>
    <message>
        <source>The network as the training leaves it.</source>
        <translation>训练结束时的网络。</translation>
    </message>
    <message>
        <source>Best epoch</source>
        <translation>最佳一轮</translation>
    </message>
    <message>
        <source>By accuracy on the selection images.</source>
        <translation>按选择集上的准确率。</translation>
    </message>
    <message>
        <source>The data&apos;s</source>
        <translation>数据自带</translation>
    </message>
    <message>
        <source>As they come with the images.</source>
        <translation>图像自带的标签。</translation>
    </message>
    <message>
        <source>The teacher&apos;s</source>
        <translation>教师给出</translation>
    </message>
    <message>
        <source>What the teacher finds most likely.</source>
        <translation>教师认为最可能的类别。</translation>
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
        <source>A draft: its weights are rounded to the nearest level. The file itself is still being made.</source>
        <translation>草稿：权重取最近的量化级，正式文件仍在生成。</translation>
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
    <message>
        <source>Not comparable: another machine, runtime or thread count than the original&apos;s.</source>
        <translation>不可比较：机器、运行时或线程数与原始模型不同。</translation>
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
        <source>Write a note…</source>
        <translation>写备注…</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
</context>
<context>
    <name>Unwritten</name>
    <message>
        <source>Nothing is lost while the window is open: it is tried again until it succeeds.</source>
        <translation>只要窗口开着，就不会丢失任何内容：会不断重试直到成功。</translation>
    </message>
    <message>
        <source>Save study as…</source>
        <translation>研究另存为…</translation>
    </message>
    <message>
        <source>The study could not be written.</source>
        <translation>无法写入研究。</translation>
    </message>
    <message>
        <source>What was measured since then would be lost. Free some space, or save the study elsewhere.</source>
        <translation>此后测得的结果将会丢失。请腾出一些空间，或把研究保存到别处。</translation>
    </message>
    <message>
        <source>Close and lose it</source>
        <translation>关闭并丢弃</translation>
    </message>
    <message>
        <source>Keep open</source>
        <translation>保持打开</translation>
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
        <source>Weights</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>Activations</source>
        <translation>激活值</translation>
    </message>
    <message>
        <source>Whether weights or activations are shown</source>
        <translation>显示权重还是激活值</translation>
    </message>
    <message>
        <source>Distribution of the activations, by tensor</source>
        <translation>各张量激活值的分布</translation>
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
        <source>The calibration images run through the network…</source>
        <translation>校准图像正在通过网络…</translation>
    </message>
    <message>
        <source>Activations are what images make of them: open a data set to see them.</source>
        <translation>激活值取决于图像：请打开数据集以查看。</translation>
    </message>
    <message>
        <source>Analysed for other ranges than the sliders&apos; method has.</source>
        <translation>分析所用的范围与滑块的方法不同。</translation>
    </message>
    <message>
        <source>On the calibration images; the input keeps 8 bits.</source>
        <translation>基于校准图像；输入保持 8 位。</translation>
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
        <source>Activations of {}</source>
        <translation>{} 的激活值</translation>
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
        <source>The recipe codes these weights along a trellis with 256 levels, found in the run; drawn are even levels of {} bits, which keep {} dB.</source>
        <translation>配方用 256 级的网格编码这些权重，量化级在运行时求得；图中画的是 {} 位的等距量化级，它们保持 {} dB。</translation>
    </message>
    <message>
        <source>The recipe gives every channel {} levels of its own, found in the run; drawn are even levels of {} bits, which keep {} dB.</source>
        <translation>该方案给每个通道 {} 个自己的量化级，在运行中求得；图中画的是 {} 位的等间距量化级，可保留 {} dB。</translation>
    </message>
    <message>
        <source>{} levels at {} bits keep {} dB. Every channel has its own scale: the median channel&apos;s are drawn.</source>
        <translation>{} 个量化级（{} 位）保持 {} dB。每个通道各有缩放系数：图中画的是中位通道的量化级。</translation>
    </message>
    <message>
        <source>{} levels at {} bits keep {} dB.</source>
        <translation>{} 个量化级（{} 位）保持 {} dB。</translation>
    </message>
    <message>
        <source>The sliders leave activations as floats; choose fewer bits to see levels.</source>
        <translation>滑块让激活值保持浮点；请选择更少的位数以查看量化级。</translation>
    </message>
    <message>
        <source>Suggested range {} … {}: {} levels at {} bits keep {} dB, and {} % of the values lie beyond.</source>
        <translation>建议范围 {} … {}：{} 个量化级（{} 位）可保留 {} dB，有 {} % 的值超出范围。</translation>
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
    <name>WhyPanel</name>
    <message>
        <source>Why?</source>
        <translation>为何？</translation>
    </message>
    <message>
        <source>Why is it not smaller, not faster?</source>
        <translation>为何不更小、不更快？</translation>
    </message>
    <message>
        <source>Original</source>
        <translation>原始模型</translation>
    </message>
    <message>
        <source>Select a finished trial: its file is taken apart, byte by byte and operator by operator.</source>
        <translation>选择一个已完成的试验：将逐字节、逐算子地拆解它的文件。</translation>
    </message>
    <message>
        <source>This trial has no file that could be explained. Select a finished one.</source>
        <translation>此试验没有可解释的文件。请选择一个已完成的试验。</translation>
    </message>
    <message>
        <source>The file is explained when the running job has ended.</source>
        <translation>正在运行的作业结束后再解释此文件。</translation>
    </message>
    <message>
        <source>Taking the file apart and timing its operators…</source>
        <translation>正在拆解文件并给算子计时…</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>The explanation was stopped.</source>
        <translation>解释已停止。</translation>
    </message>
    <message>
        <source>Explain</source>
        <translation>解释</translation>
    </message>
    <message>
        <source>This file could not be explained; the message above says why.</source>
        <translation>无法解释此文件；上方的消息说明了原因。</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Measure again</source>
        <translation>重新测量</translation>
    </message>
    <message>
        <source>Timing the operators: {} %</source>
        <translation>正在给算子计时：{} %</translation>
    </message>
    <message>
        <source>Nothing stands out: bytes and time go where they should.</source>
        <translation>没有突出的问题：字节和时间都用在该用的地方。</translation>
    </message>
    <message>
        <source>Where {} go</source>
        <translation>{} 用在哪里</translation>
    </message>
    <message>
        <source>Bytes for</source>
        <translation>用途</translation>
    </message>
    <message>
        <source>Bytes</source>
        <translation>字节</translation>
    </message>
    <message>
        <source>Share</source>
        <translation>占比</translation>
    </message>
    <message>
        <source>Bytes of the file by what they are for</source>
        <translation>文件字节按用途划分</translation>
    </message>
    <message>
        <source>{} weights take {} bits each on average.</source>
        <translation>{} 个权重平均每个占 {} 位。</translation>
    </message>
    <message>
        <source>Where the time goes</source>
        <translation>时间用在哪里</translation>
    </message>
    <message>
        <source>The file does not say how large its input is: it cannot be timed.</source>
        <translation>文件没有说明输入大小：无法计时。</translation>
    </message>
    <message>
        <source>Operator</source>
        <translation>算子</translation>
    </message>
    <message>
        <source>Time of one image by kind of operator</source>
        <translation>一张图像的时间按算子种类划分</translation>
    </message>
    <message>
        <source>These are ONNX Runtime&apos;s times on the CPU; the trial was measured in {}, which may differ.</source>
        <translation>此处是 ONNX Runtime 在 CPU 上的耗时；该试验是在 {} 中测量的，结果可能不同。</translation>
    </message>
    <message>
        <source>One image: {} with {} threads, {} with one.</source>
        <translation>一张图像：{}（{} 个线程），{}（一个线程）。</translation>
    </message>
    <message>
        <source>Operators are timed under profiling, which slows each: look at the shares.</source>
        <translation>算子在性能分析下计时，每个都会变慢：请看占比。</translation>
    </message>
    <message>
        <source>{} of the file</source>
        <translation>占文件的 {}</translation>
    </message>
    <message>
        <source>{} of the time</source>
        <translation>占时间的 {}</translation>
    </message>
    <message>
        <source>Layers:</source>
        <translation>层：</translation>
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
        <source>edit note</source>
        <translation>编辑备注</translation>
    </message>
    <message>
        <source>delete trial</source>
        <translation>删除试验</translation>
    </message>
</context>
</TS>
