<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
    <context>
        <name>Engine</name>
        <message>
            <source>MACs</source>
            <translation>乘加运算量</translation>
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
            <source>channels</source>
            <translation>通道</translation>
        </message>
        <message>
            <source>weights</source>
            <translation>权重</translation>
        </message>
        <message>
            <source>blocks</source>
            <translation>块</translation>
        </message>
        <message>
            <source>teacher</source>
            <translation>教师</translation>
        </message>
        <message>
            <source>student</source>
            <translation>学生网络</translation>
        </message>
        <message>
            <source>No such file or directory</source>
            <translation>没有这样的文件或文件夹</translation>
        </message>
        <message>
            <source>Permission denied</source>
            <translation>没有权限</translation>
        </message>
        <message>
            <source>No space left on device</source>
            <translation>磁盘空间不足</translation>
        </message>
        <message>
            <source>Is a directory</source>
            <translation>这是一个文件夹</translation>
        </message>
        <message>
            <source>Not a directory</source>
            <translation>这不是文件夹</translation>
        </message>
        <message>
            <source>File exists</source>
            <translation>文件已存在</translation>
        </message>
        <message>
            <source>Read-only file system</source>
            <translation>文件系统是只读的</translation>
        </message>
        <message>
            <source>Input/output error</source>
            <translation>输入/输出错误</translation>
        </message>
        <message>
            <source>Connection refused</source>
            <translation>连接被拒绝</translation>
        </message>
        <message>
            <source>Operation not permitted</source>
            <translation>不允许此操作</translation>
        </message>
        <message>
            <source>File name too long</source>
            <translation>文件名太长</translation>
        </message>
        <message>
            <source>as in training</source>
            <translation>与训练时相同</translation>
        </message>
        <message>
            <source>Too many open files</source>
            <translation>打开的文件太多</translation>
        </message>
        <message>
            <source>Cannot allocate memory</source>
            <translation>无法分配内存</translation>
        </message>
        <message>
            <source>pp</source>
            <translation>百分点</translation>
        </message>
        <message>
            <source>{value} pp</source>
            <translation>{value} 个百分点</translation>
        </message>
        <message>
            <source>{value} pp {range}</source>
            <translation>{value} 个百分点 {range}</translation>
        </message>
        <message>
            <source>bytes</source>
            <translation>字节数</translation>
        </message>
        <message>
            <source>1 epoch</source>
            <translation>1 轮</translation>
        </message>
        <message>
            <source>{count} epochs</source>
            <translation>{count} 轮</translation>
        </message>
        <message>
            <source>raw 0..1</source>
            <translation>原始值 0..1</translation>
        </message>
        <message>
            <source>The folder {folder} holds other files ({strangers}).</source>
            <translation>文件夹 {folder} 中有其他文件（{strangers}）。</translation>
        </message>
        <message>
            <source>Choose an empty folder or a new name.</source>
            <translation>请选择一个空文件夹，或换一个名称。</translation>
        </message>
        <message>
            <source>The model could not be saved in {folder}: {strerror}.</source>
            <translation>无法把模型保存到 {folder}：{strerror}。</translation>
        </message>
        <message>
            <source>Choose a folder you may write to, with enough free space.</source>
            <translation>请选择可写入且空间足够的文件夹。</translation>
        </message>
        <message>
            <source>{folder} is not a folder.</source>
            <translation>{folder} 不是文件夹。</translation>
        </message>
        <message>
            <source>Give the folder that Save or --out wrote.</source>
            <translation>请给出“保存模型”或 --out 写入的文件夹。</translation>
        </message>
        <message>
            <source>{name} of the artifact in {folder} cannot be read: {strerror}.</source>
            <translation>无法读取 {folder} 中成品的 {name}：{strerror}。</translation>
        </message>
        <message>
            <source>{name} in {folder} was altered after it was saved: its SHA-256 differs.</source>
            <translation>{folder} 中的 {name} 在保存后被改动过：其 SHA-256 不符。</translation>
        </message>
        <message>
            <source>Save the model again.</source>
            <translation>请重新保存模型。</translation>
        </message>
        <message>
            <source>The artifact in {folder} is not understood.</source>
            <translation>无法理解 {folder} 中的成品。</translation>
        </message>
        <message>
            <source>{folder} holds no readable {checksum_file}.</source>
            <translation>{folder} 中没有可读的 {checksum_file}。</translation>
        </message>
        <message>
            <source>{openings_file} in {folder} cannot be understood, so nobody knows how often the test split was opened.</source>
            <translation>{folder} 中的 {openings_file} 无法理解，因此无人知道测试划分被打开过几次。</translation>
        </message>
        <message>
            <source>Restore it, or save the model again in a new folder.</source>
            <translation>请恢复它，或将模型重新保存到新文件夹中。</translation>
        </message>
        <message>
            <source>The opening of the test split cannot be recorded in {folder}: {strerror}.</source>
            <translation>无法在 {folder} 中记录测试划分的打开：{strerror}。</translation>
        </message>
        <message>
            <source>Copy the folder to where you may write, and verify it there.</source>
            <translation>请将该文件夹复制到可写入的位置，并在那里验证。</translation>
        </message>
        <message>
            <source>{budget_bytes} bytes are too few: with {choices} bits a weight the file takes {least} bytes.</source>
            <translation>{budget_bytes} 字节太少：每个权重 {choices} 位时，文件需要 {least} 字节。</translation>
        </message>
        <message>
            <source>Raise the budget to at least {least} bytes, or allow fewer bits or free the layers with fixed bits.</source>
            <translation>请把预算提高到至少 {least} 字节，或允许更低的位宽，或放开固定位宽的层。</translation>
        </message>
        <message>
            <source>The network has no layer {unknown}.</source>
            <translation>网络中没有层 {unknown}。</translation>
        </message>
        <message>
            <source>Remove its bit width from the recipe.</source>
            <translation>请从配方中删除它的位宽。</translation>
        </message>
        <message>
            <source>How sensitive layer {name} is to {wanted} bits is not known.</source>
            <translation>还不知道层 {name} 对 {wanted} 位的敏感度。</translation>
        </message>
        <message>
            <source>Choose one of {damage} bits, or measure again.</source>
            <translation>请从 {damage} 位中选择，或重新测量。</translation>
        </message>
        <message>
            <source>Trial {number} has no measured file: it is {state}.</source>
            <translation>试验 {number} 没有测量过的文件：其状态为“{state}”。</translation>
        </message>
        <message>
            <source>Choose another one.</source>
            <translation>请另选一个。</translation>
        </message>
        <message>
            <source>The model is not the one of the study ({name}).</source>
            <translation>模型不是该研究的模型（{name}）。</translation>
        </message>
        <message>
            <source>Name the right file with --model.</source>
            <translation>请用 --model 给出正确的文件。</translation>
        </message>
        <message>
            <source>The data are not those of the study ({name}).</source>
            <translation>数据不是该研究的数据（{name}）。</translation>
        </message>
        <message>
            <source>Name the right data with --data.</source>
            <translation>请用 --data 给出正确的数据。</translation>
        </message>
        <message>
            <source>Trial {trial} is reproduced: the same {size_now} bytes, SHA-256 {sha256_now}.</source>
            <translation>试验 {trial} 已重现：同样是 {size_now} 字节，SHA-256 {sha256_now}。</translation>
        </message>
        <message>
            <source>Trial {trial} differs, and the conditions explain it.</source>
            <translation>试验 {trial} 有差异，可由条件的不同解释。</translation>
        </message>
        <message>
            <source>Trial {trial} differs, and nothing on record explains it.</source>
            <translation>试验 {trial} 有差异，记录中没有能解释它的原因。</translation>
        </message>
        <message>
            <source>Size: {size_before} bytes before, {size_now} now.</source>
            <translation>大小：之前 {size_before} 字节，现在 {size_now} 字节。</translation>
        </message>
        <message>
            <source>{name}: {before} before, {now} now.</source>
            <translation>{name}：之前 {before}，现在 {now}。</translation>
        </message>
        <message>
            <source>Accuracy: {a} % before, {b} % now{found}.</source>
            <translation>准确率：之前 {a} %，现在 {b} %{found}。</translation>
        </message>
        <message>
            <source>Both predict the same class on {share} % of {samples} images.</source>
            <translation>在 {samples} 张图像中，两者对 {share} % 的预测类别相同。</translation>
        </message>
        <message>
            <source>, within the intervals</source>
            <translation>，在置信区间之内</translation>
        </message>
        <message>
            <source>, beyond the intervals</source>
            <translation>，超出置信区间</translation>
        </message>
        <message>
            <source>Latency: {latency_ratio} times the first{tie}.</source>
            <translation>延迟：是第一次的 {latency_ratio} 倍{tie}。</translation>
        </message>
        <message>
            <source>Latency is not compared: the conditions differ.</source>
            <translation>延迟未作比较：条件不同。</translation>
        </message>
        <message>
            <source>(paired: {change} [{high}, {low}] pp)</source>
            <translation>（配对：{change} [{high}, {low}] 个百分点）</translation>
        </message>
        <message>
            <source>The recipe prunes a layer that this network does not have: {name}.</source>
            <translation>配方要剪枝的层在此网络中不存在：{name}。</translation>
        </message>
        <message>
            <source>nnopt inspect lists them.</source>
            <translation>用 nnopt inspect 可列出这些层。</translation>
        </message>
        <message>
            <source>The channels of {name} cannot be removed: {reason}.</source>
            <translation>无法移除 {name} 的通道：{reason}。</translation>
        </message>
        <message>
            <source>Leave this layer out.</source>
            <translation>请不要选这一层。</translation>
        </message>
        <message>
            <source>{what} needs {size_bytes} GB of memory, and {limit_bytes} GB can be used.</source>
            <translation>{what}需要 {size_bytes} GB 内存，可用的只有 {limit_bytes} GB。</translation>
        </message>
        <message>
            <source>Use fewer images, or a folder of image files, which is read piece by piece.</source>
            <translation>请使用更少的图像，或使用图像文件的文件夹，它会逐块读取。</translation>
        </message>
        <message>
            <source>{what} is cut short: {done} of {size_bytes} bytes are there.</source>
            <translation>{what}不完整：{size_bytes} 字节中只有 {done} 字节。</translation>
        </message>
        <message>
            <source>Copy or download the file again.</source>
            <translation>请重新复制或下载该文件。</translation>
        </message>
        <message>
            <source>Download it again from its source, or let the program download it.</source>
            <translation>请从原处重新下载，或让程序下载。</translation>
        </message>
        <message>
            <source>Reading CIFAR-10</source>
            <translation>正在读取 CIFAR-10</translation>
        </message>
        <message>
            <source>{location} lacks {missing} of CIFAR-10.</source>
            <translation>{location} 中缺少 CIFAR-10 的 {missing}。</translation>
        </message>
        <message>
            <source>{name} does not hold images and labels.</source>
            <translation>{name} 中没有图像和标签。</translation>
        </message>
        <message>
            <source>Label {wrong} in {name} is {labels}; CIFAR-10 has labels 0 to 9.</source>
            <translation>{name} 中第 {wrong} 个标签为 {labels}；CIFAR-10 的标签为 0 到 9。</translation>
        </message>
        <message>
            <source>{path} cannot be read: {strerror}.</source>
            <translation>无法读取 {path}：{strerror}。</translation>
        </message>
        <message>
            <source>Check its permissions.</source>
            <translation>请检查其权限。</translation>
        </message>
        <message>
            <source>{name} is not CIFAR-10's archive: it contains {name2}.</source>
            <translation>{name} 不是 CIFAR-10 的压缩包：其中有 {name2}。</translation>
        </message>
        <message>
            <source>{name} is far larger than a CIFAR-10 batch.</source>
            <translation>{name} 比 CIFAR-10 的批次大得多。</translation>
        </message>
        <message>
            <source>{name} is not a CIFAR-10 batch: it asks for {name2}.</source>
            <translation>{name} 不是 CIFAR-10 的批次：它要求 {name2}。</translation>
        </message>
        <message>
            <source>{name} is damaged: {error}.</source>
            <translation>{name} 已损坏：{error}。</translation>
        </message>
        <message>
            <source>{name} is not a CIFAR-10 batch.</source>
            <translation>{name} 不是 CIFAR-10 的批次。</translation>
        </message>
        <message>
            <source>The images in {name} are not N×3072 bytes.</source>
            <translation>{name} 中的图像不是 N×3072 字节。</translation>
        </message>
        <message>
            <source>This batch asks for {module}.{name}, which could run code.</source>
            <translation>此批次要求 {module}.{name}，这可能会运行代码。</translation>
        </message>
        <message>
            <source>It was refused; do not trust the file.</source>
            <translation>已拒绝打开；请勿信任该文件。</translation>
        </message>
        <message>
            <source>digits, mnist:DIR, fashion-mnist:DIR, cifar10:DIR, an .npz file, or a folder of images</source>
            <translation>digits、mnist:DIR、fashion-mnist:DIR、cifar10:DIR、.npz 文件，或图像文件夹</translation>
        </message>
        <message>
            <source>The seed of the splits is {seed}.</source>
            <translation>划分的随机种子为 {seed}。</translation>
        </message>
        <message>
            <source>Give a whole number from 0.</source>
            <translation>请给出从 0 开始的整数。</translation>
        </message>
        <message>
            <source>Checking {name}</source>
            <translation>正在检查 {name}</translation>
        </message>
        <message>
            <source>{name} is not a data file that can be opened.</source>
            <translation>{name} 不是可以打开的数据文件。</translation>
        </message>
        <message>
            <source>The folder of {kind} is missing.</source>
            <translation>缺少 {kind} 的文件夹。</translation>
        </message>
        <message>
            <source>Name it: {kind}:DIR.</source>
            <translation>请给出它：{kind}:DIR。</translation>
        </message>
        <message>
            <source>The folder {text} cannot be used: {error}.</source>
            <translation>无法使用文件夹 {text}：{error}。</translation>
        </message>
        <message>
            <source>Name another: {kind}:DIR.</source>
            <translation>请给出另一个：{kind}:DIR。</translation>
        </message>
        <message>
            <source>CIFAR-10 is not in {path}.</source>
            <translation>{path} 中没有 CIFAR-10。</translation>
        </message>
        <message>
            <source>Choose the folder with data_batch_1 to 5 and test_batch, or cifar-10-python.tar.gz, or allow the download.</source>
            <translation>请选择包含 data_batch_1 到 5 和 test_batch 的文件夹，或 cifar-10-python.tar.gz，或允许下载。</translation>
        </message>
        <message>
            <source>The location of the data cannot be used: {error}.</source>
            <translation>无法使用数据的位置：{error}。</translation>
        </message>
        <message>
            <source>Data is {kinds}.</source>
            <translation>数据可以是 {kinds}。</translation>
        </message>
        <message>
            <source>There is no data at {text}.</source>
            <translation>{text} 处没有数据。</translation>
        </message>
        <message>
            <source>Check the path. Data is {kinds}.</source>
            <translation>请检查路径。数据可以是 {kinds}。</translation>
        </message>
        <message>
            <source>It cannot even be read: {strerror}.</source>
            <translation>甚至无法读取：{strerror}。</translation>
        </message>
        <message>
            <source>It is a single array: write images and labels with numpy.savez(path, images=…, labels=…).</source>
            <translation>这是单个数组：请用 numpy.savez(path, images=…, labels=…) 写入图像和标签。</translation>
        </message>
        <message>
            <source>It is packed: rename it if it is an .npz file, else unpack it and open the folder.</source>
            <translation>它是压缩的：如果是 .npz 文件请改名，否则请解压后打开文件夹。</translation>
        </message>
        <message>
            <source>Check the connection and try again, or put the files into {folder} yourself.</source>
            <translation>请检查网络连接后重试，或自行把文件放入 {folder}。</translation>
        </message>
        <message>
            <source>{folder} cannot be written: {strerror}.</source>
            <translation>无法写入 {folder}：{strerror}。</translation>
        </message>
        <message>
            <source>Choose another folder, or make room.</source>
            <translation>请选择另一个文件夹，或腾出空间。</translation>
        </message>
        <message>
            <source>{url}: checksum {digest} instead of {md5}</source>
            <translation>{url}：校验和是 {digest}，不是 {md5}</translation>
        </message>
        <message>
            <source>{name} was downloaded but is not the file expected (its checksum differs); it was deleted.</source>
            <translation>{name} 已下载，但不是所要的文件（校验和不符）；已删除。</translation>
        </message>
        <message>
            <source>Try again later: a proxy or log-in page may have answered instead.</source>
            <translation>请稍后再试：可能是代理或登录页面作了应答。</translation>
        </message>
        <message>
            <source>{name} could not be downloaded: the network or the server cannot be reached ({problems}).</source>
            <translation>无法下载 {name}：网络或服务器连接不上（{problems}）。</translation>
        </message>
        <message>
            <source>not an address of the web: {url}</source>
            <translation>不是网址：{url}</translation>
        </message>
        <message>
            <source>Downloading {name}</source>
            <translation>正在下载 {name}</translation>
        </message>
        <message>
            <source>the answer is larger than {max_bytes} MB</source>
            <translation>应答超过 {max_bytes} MB</translation>
        </message>
        <message>
            <source>the connection broke after {done} of {expected} bytes</source>
            <translation>连接在收到 {done} 字节（共 {expected} 字节）后中断</translation>
        </message>
        <message>
            <source>Make one folder per class with images in it, or train/ and val/ (or test/) with such folders.</source>
            <translation>请为每个类别建一个放有图像的文件夹，或建 train/ 和 val/（或 test/），其中再放这样的文件夹。</translation>
        </message>
        <message>
            <source>{damaged} of {self} images in {root} are damaged, the last one {index}: {user_message}.</source>
            <translation>{root} 的 {self} 张图像中有 {damaged} 张已损坏，最近的一张是 {index}：{user_message}。</translation>
        </message>
        <message>
            <source>Repair or remove them, and open the data again.</source>
            <translation>请修复或移除它们，然后重新打开数据。</translation>
        </message>
        <message>
            <source>{folder} has no folders of images.</source>
            <translation>{folder} 中没有图像文件夹。</translation>
        </message>
        <message>
            <source>{roots} has the class {unknown}, which {values} does not have.</source>
            <translation>{roots} 中有类别 {unknown}，而 {values} 中没有。</translation>
        </message>
        <message>
            <source>Use the same class folders in every part.</source>
            <translation>请在各部分中使用相同的类别文件夹。</translation>
        </message>
        <message>
            <source>Looking for images in {root}</source>
            <translation>正在 {root} 中查找图像</translation>
        </message>
        <message>
            <source>Beside {name}, these folders are left out (no class folders of a part): {shown}.</source>
            <translation>除 {name} 外，以下文件夹已略去（不是某一部分的类别文件夹）：{shown}。</translation>
        </message>
        <message>
            <source>{damage} of {table} images in {name} cannot be read and {verb} left out ({listed}{more}).</source>
            <translation>{name} 的 {table} 张图像中有 {damage} 张无法读取，已略去{verb}（{listed}{more}）。</translation>
        </message>
        <message>
            <source>Files in {name} that are not images and are left out: {ignored}.</source>
            <translation>{name} 中不是图像而被略去的文件：{ignored} 个。</translation>
        </message>
        <message>
            <source>Links in {name} to folders visited already, not followed: {repeated_folders}.</source>
            <translation>{name} 中指向已访问文件夹而未跟随的链接：{repeated_folders} 个。</translation>
        </message>
        <message>
            <source>There are no image files in {root}.</source>
            <translation>{root} 中没有图像文件。</translation>
        </message>
        <message>
            <source>Checking images in {root}</source>
            <translation>正在检查 {root} 中的图像</translation>
        </message>
        <message>
            <source>Most images in {root} cannot be read, among them {first}: {damage}.</source>
            <translation>{root} 中的大多数图像无法读取，其中有 {first}：{damage}。</translation>
        </message>
        <message>
            <source>Check that the files are whole images (PNG, JPEG, BMP, WebP, TIFF, GIF or PNM).</source>
            <translation>请检查这些文件是否为完整的图像（PNG、JPEG、BMP、WebP、TIFF、GIF 或 PNM）。</translation>
        </message>
        <message>
            <source>The image {index} cannot be read: {strerror}.</source>
            <translation>无法读取图像 {index}：{strerror}。</translation>
        </message>
        <message>
            <source>Was the folder moved, or a drive unplugged? Bring it back, or open the data again.</source>
            <translation>文件夹被移走了，还是驱动器被拔掉了？请恢复它，或重新打开数据。</translation>
        </message>
        <message>
            <source>The folder {folder} cannot be read: {strerror}.</source>
            <translation>无法读取文件夹 {folder}：{strerror}。</translation>
        </message>
        <message>
            <source>Check its permissions, or move it elsewhere.</source>
            <translation>请检查其权限，或把它移到别处。</translation>
        </message>
        <message>
            <source>Looking for images: {seen} files</source>
            <translation>正在查找图像：{seen} 个文件</translation>
        </message>
        <message>
            <source>{folder} lacks the IDX files {missing} of {name}.</source>
            <translation>{folder} 中缺少 {name} 的 IDX 文件 {missing}。</translation>
        </message>
        <message>
            <source>{folder} lacks the IDX file {missing} of {name}.</source>
            <translation>{folder} 中缺少 {name} 的 IDX 文件 {missing}。</translation>
        </message>
        <message>
            <source>Choose the folder with train-images-idx3-ubyte(.gz) and its three companions, or allow the download.</source>
            <translation>请选择包含 train-images-idx3-ubyte(.gz) 及其三个配套文件的文件夹，或允许下载。</translation>
        </message>
        <message>
            <source>Reading {name} ({part})</source>
            <translation>正在读取 {name}（{part}）</translation>
        </message>
        <message>
            <source>{name} is not an IDX file of unsigned bytes: it starts with {value}.</source>
            <translation>{name} 不是无符号字节的 IDX 文件：它以 {value} 开头。</translation>
        </message>
        <message>
            <source>{name} is not an IDX file of unsigned bytes: it starts with nothing.</source>
            <translation>{name} 不是无符号字节的 IDX 文件：它是空的。</translation>
        </message>
        <message>
            <source>{name} is cut short in its header.</source>
            <translation>{name} 的文件头不完整。</translation>
        </message>
        <message>
            <source>{name} claims the shape {shape}, that is {expected} bytes, but it has {file_bytes}.</source>
            <translation>{name} 声称形状为 {shape}，即 {expected} 字节，但实际有 {file_bytes} 字节。</translation>
        </message>
        <message>
            <source>{name} claims the shape {shape}, which {st_size} bytes cannot hold.</source>
            <translation>{name} 声称形状为 {shape}，{st_size} 字节容不下。</translation>
        </message>
        <message>
            <source>{name} holds more than the {size_bytes} bytes it claims.</source>
            <translation>{name} 的内容多于其声称的 {size_bytes} 字节。</translation>
        </message>
        <message>
            <source>it would be larger than {max_pixels} megapixels when unpacked</source>
            <translation>解压后将超过 {max_pixels} 百万像素</translation>
        </message>
        <message>
            <source>there is not enough memory to unpack it</source>
            <translation>内存不足，无法解压</translation>
        </message>
        <message>
            <source>it is not an image of a known format</source>
            <translation>不是已知格式的图像</translation>
        </message>
        <message>
            <source>it has {width} megapixels, more than the {max_pixels} allowed</source>
            <translation>它有 {width} 百万像素，超过允许的 {max_pixels}</translation>
        </message>
        <message>
            <source>it has 32 bits per pixel; only 8 and 16 are supported</source>
            <translation>它每像素 32 位；只支持 8 位和 16 位</translation>
        </message>
        <message>
            <source>the file is larger than {max_file_bytes} MB</source>
            <translation>文件大于 {max_file_bytes} MB</translation>
        </message>
        <message>
            <source>Images must be uint8 of shape N×H×W×C, not {dtype} of shape {shape}.</source>
            <translation>图像必须是形状为 N×H×W×C 的 uint8，而不是形状为 {shape} 的 {dtype}。</translation>
        </message>
        <message>
            <source>There are {pixels} images and {labels} labels.</source>
            <translation>有 {pixels} 张图像和 {labels} 个标签。</translation>
        </message>
        <message>
            <source>Give one label per image.</source>
            <translation>请给每张图像一个标签。</translation>
        </message>
        <message>
            <source>The images in {what} are {dtype}, not uint8.</source>
            <translation>{what} 中的图像是 {dtype}，不是 uint8。</translation>
        </message>
        <message>
            <source>Store pixels from 0 to 255 as uint8, for example (255 * images).round().astype('uint8').</source>
            <translation>请把 0 到 255 的像素存为 uint8，例如 (255 * images).round().astype('uint8')。</translation>
        </message>
        <message>
            <source>Store them as N×H×W (grey) or N×H×W×3 (RGB).</source>
            <translation>请存为 N×H×W（灰度）或 N×H×W×3（RGB）。</translation>
        </message>
        <message>
            <source>They seem to be N×C×H×W: store images.transpose(0, 2, 3, 1).</source>
            <translation>它们似乎是 N×C×H×W：请存储 images.transpose(0, 2, 3, 1)。</translation>
        </message>
        <message>
            <source>The images in {what} have the shape {shape}.</source>
            <translation>{what} 中图像的形状为 {shape}。</translation>
        </message>
        <message>
            <source>There are no images in {what}.</source>
            <translation>{what} 中没有图像。</translation>
        </message>
        <message>
            <source>Choose data with at least a few images per class.</source>
            <translation>请选择每个类别至少有几张图像的数据。</translation>
        </message>
        <message>
            <source>Sides go from 1 to {max_side} pixels.</source>
            <translation>边长为 1 到 {max_side} 像素。</translation>
        </message>
        <message>
            <source>The labels in {what} are {dtype} of shape {shape}.</source>
            <translation>{what} 中的标签是形状为 {shape} 的 {dtype}。</translation>
        </message>
        <message>
            <source>Store one whole number per image, the index of its class.</source>
            <translation>请为每张图像存一个整数，即其类别的序号。</translation>
        </message>
        <message>
            <source>{what} has {count} images and {array} labels.</source>
            <translation>{what} 中有 {count} 张图像和 {array} 个标签。</translation>
        </message>
        <message>
            <source>Store one label per image.</source>
            <translation>请为每张图像存一个标签。</translation>
        </message>
        <message>
            <source>Label {argmax} in {what} is {max}.</source>
            <translation>{what} 中第 {argmax} 个标签为 {max}。</translation>
        </message>
        <message>
            <source>Labels count classes from 0.</source>
            <translation>标签从 0 开始给类别编号。</translation>
        </message>
        <message>
            <source>Label {wrong} in {what} is {labels}, but there are {classes} classes (labels 0 to {classes2}); {size} of {labels2} labels are out of range.</source>
            <translation>{what} 中第 {wrong} 个标签为 {labels}，但只有 {classes} 个类别（标签 0 到 {classes2}）；{labels2} 个标签中有 {size} 个超出范围。</translation>
        </message>
        <message>
            <source>Correct or remove these images.</source>
            <translation>请更正或移除这些图像。</translation>
        </message>
        <message>
            <source>A label in {what} is {largest}; at most {max_classes} classes are supported.</source>
            <translation>{what} 中有一个标签为 {largest}；最多支持 {max_classes} 个类别。</translation>
        </message>
        <message>
            <source>Labels are class indices that count from 0.</source>
            <translation>标签是从 0 开始的类别序号。</translation>
        </message>
        <message>
            <source>All images belong to one class ({classes}): accuracy says nothing on such data.</source>
            <translation>所有图像都属于一个类别（{classes}）：在这样的数据上，准确率毫无意义。</translation>
        </message>
        <message>
            <source>{missing} of {classes} classes have no images: {shown}.</source>
            <translation>{classes} 个类别中有 {missing} 个没有图像：{shown}。</translation>
        </message>
        <message>
            <source>Write it with numpy.savez(path, images=…, labels=…).</source>
            <translation>请用 numpy.savez(path, images=…, labels=…) 写入。</translation>
        </message>
        <message>
            <source>{name} holds {arrays}, but images and labels are needed.</source>
            <translation>{name} 中有 {arrays}，但需要图像和标签。</translation>
        </message>
        <message>
            <source>{name} holds nothing, but images and labels are needed.</source>
            <translation>{name} 中什么都没有，但需要图像和标签。</translation>
        </message>
        <message>
            <source>{path} holds {arrays}, not images and labels.</source>
            <translation>{path} 中有 {arrays}，而不是图像和标签。</translation>
        </message>
        <message>
            <source>The class names in {name} differ from those in train.npz.</source>
            <translation>{name} 中的类别名称与 train.npz 中的不同。</translation>
        </message>
        <message>
            <source>Store the same names.</source>
            <translation>请存储相同的名称。</translation>
        </message>
        <message>
            <source>Some parts of {folder} are grey and others RGB.</source>
            <translation>{folder} 的各部分有的是灰度，有的是 RGB。</translation>
        </message>
        <message>
            <source>Store all images alike.</source>
            <translation>请用同一种格式存储所有图像。</translation>
        </message>
        <message>
            <source>The classes in {name} are {dtype} of shape {shape}.</source>
            <translation>{name} 中的类别是形状为 {shape} 的 {dtype}。</translation>
        </message>
        <message>
            <source>Store a list of names, or leave it out.</source>
            <translation>请存储名称列表，或将其略去。</translation>
        </message>
        <message>
            <source>Reading {name}</source>
            <translation>正在读取 {name}</translation>
        </message>
        <message>
            <source>{name} has too many or repeated entries.</source>
            <translation>{name} 的条目太多或有重复。</translation>
        </message>
        <message>
            <source>{name} cannot be read as an .npz file: {error}.</source>
            <translation>无法把 {name} 当作 .npz 文件读取：{error}。</translation>
        </message>
        <message>
            <source>Copy or download it again. {format_hint}</source>
            <translation>请重新复制或下载。{format_hint}</translation>
        </message>
        <message>
            <source>{what} is compressed in an unusual way.</source>
            <translation>{what} 的压缩方式不常见。</translation>
        </message>
        <message>
            <source>{what} has version {version} of the .npy format.</source>
            <translation>{what} 使用 .npy 格式的版本 {version}。</translation>
        </message>
        <message>
            <source>{what} holds Python objects, which could run code when they are read.</source>
            <translation>{what} 中有 Python 对象，读取它们可能会运行代码。</translation>
        </message>
        <message>
            <source>Store numbers (and text for classes) only.</source>
            <translation>请只存储数字（类别可用文本）。</translation>
        </message>
        <message>
            <source>{what} holds {dtype}.</source>
            <translation>{what} 的内容为 {dtype}。</translation>
        </message>
        <message>
            <source>{what} claims the shape {shape}, which its {file_size} bytes cannot hold.</source>
            <translation>{what} 声称形状为 {shape}，它的 {file_size} 字节容不下。</translation>
        </message>
        <message>
            <source>Copy or download it again.</source>
            <translation>请重新复制或下载。</translation>
        </message>
        <message>
            <source>{what} is too large.</source>
            <translation>{what} 太大。</translation>
        </message>
        <message>
            <source>Store short class names.</source>
            <translation>请存储较短的类别名称。</translation>
        </message>
        <message>
            <source>this data set's mean and deviation</source>
            <translation>此数据集的均值和标准差</translation>
        </message>
        <message>
            <source>as given</source>
            <translation>按给定值</translation>
        </message>
        <message>
            <source>ImageNet normalisation</source>
            <translation>ImageNet 归一化</translation>
        </message>
        <message>
            <source>CIFAR-10 normalisation</source>
            <translation>CIFAR-10 归一化</translation>
        </message>
        <message>
            <source>MNIST normalisation</source>
            <translation>MNIST 归一化</translation>
        </message>
        <message>
            <source>The image size is {image_size}.</source>
            <translation>图像尺寸为 {image_size}。</translation>
        </message>
        <message>
            <source>Give a whole number of pixels.</source>
            <translation>请给出整数像素。</translation>
        </message>
        <message>
            <source>The mean or the standard deviation is not a number.</source>
            <translation>均值或标准差不是数字。</translation>
        </message>
        <message>
            <source>Give values on the 0..1 scale.</source>
            <translation>请给出 0..1 范围内的值。</translation>
        </message>
        <message>
            <source>{what} has {count} images; at least {least} are needed to split it.</source>
            <translation>{what}有 {count} 张图像；划分至少需要 {least} 张。</translation>
        </message>
        <message>
            <source>{what} has {count} image; at least {least} are needed to split it.</source>
            <translation>{what}有 {count} 张图像；划分至少需要 {least} 张。</translation>
        </message>
        <message>
            <source>Choose data with more images.</source>
            <translation>请选择图像更多的数据。</translation>
        </message>
        <message>
            <source>This data set</source>
            <translation>此数据集</translation>
        </message>
        <message>
            <source>The train part</source>
            <translation>训练部分</translation>
        </message>
        <message>
            <source>The val part</source>
            <translation>验证部分</translation>
        </message>
        <message>
            <source>The test part</source>
            <translation>测试部分</translation>
        </message>
        <message>
            <source>The {part} part</source>
            <translation>{part} 部分</translation>
        </message>
        <message>
            <source>Reading the network's structure</source>
            <translation>正在读取网络结构</translation>
        </message>
        <message>
            <source>Timing the network</source>
            <translation>正在测量网络耗时</translation>
        </message>
        <message>
            <source>{title} has no weights to analyse.</source>
            <translation>{title} 没有可分析的权重。</translation>
        </message>
        <message>
            <source>Name a weights file or an ONNX file.</source>
            <translation>请给出权重文件或 ONNX 文件。</translation>
        </message>
        <message>
            <source>Training {title} ({passes}): it has no weights yet</source>
            <translation>正在训练 {title}（{passes}）：它还没有权重</translation>
        </message>
        <message>
            <source>{title} had no weights; it was trained here for {passes}, normalised by {name}.</source>
            <translation>{title} 没有权重；已在此训练 {passes}，归一化方式为 {name}。</translation>
        </message>
        <message>
            <source>The model gives an output of shape {shape} for {positions} images.</source>
            <translation>模型对 {positions} 张图像给出的输出形状为 {shape}。</translation>
        </message>
        <message>
            <source>A classifier gives one row of logits per image.</source>
            <translation>分类器为每张图像给出一行 logits。</translation>
        </message>
        <message>
            <source>{name} does not say how large its images are.</source>
            <translation>{name} 没有说明图像有多大。</translation>
        </message>
        <message>
            <source>Give the image size.</source>
            <translation>请给出图像尺寸。</translation>
        </message>
        <message>
            <source>{name} is not a readable ONNX file.</source>
            <translation>{name} 不是可读的 ONNX 文件。</translation>
        </message>
        <message>
            <source>The model has {inputs} inputs; one image input is expected.</source>
            <translation>模型有 {inputs} 个输入；应当只有一个图像输入。</translation>
        </message>
        <message>
            <source>The input {name} has no fixed channels, height and width: {shape}.</source>
            <translation>输入 {name} 没有固定的通道数、高度和宽度：{shape}。</translation>
        </message>
        <message>
            <source>ONNX Runtime does not run the layers to be timed.</source>
            <translation>ONNX Runtime 没有运行要计时的层。</translation>
        </message>
        <message>
            <source>ONNX Runtime's profile does not tell the layers apart.</source>
            <translation>ONNX Runtime 的性能记录无法区分各层。</translation>
        </message>
        <message>
            <source>ONNX Runtime {version} CPU</source>
            <translation>ONNX Runtime {version} CPU</translation>
        </message>
        <message>
            <source>OpenVINO is not installed.</source>
            <translation>未安装 OpenVINO。</translation>
        </message>
        <message>
            <source>pip install 'nnopt-gui[openvino]'.</source>
            <translation>pip install 'nnopt-gui[openvino]'。</translation>
        </message>
        <message>
            <source>OpenVINO cannot load the model.</source>
            <translation>OpenVINO 无法加载该模型。</translation>
        </message>
        <message>
            <source>The details say what it stumbled over.</source>
            <translation>详细信息说明了问题所在。</translation>
        </message>
        <message>
            <source>ONNX Runtime</source>
            <translation>ONNX Runtime</translation>
        </message>
        <message>
            <source>it runs models on a remote service, not on this machine</source>
            <translation>它在远程服务上运行模型，而不是在本机上</translation>
        </message>
        <message>
            <source>pip install 'nnopt-gui[openvino]'</source>
            <translation>pip install 'nnopt-gui[openvino]'</translation>
        </message>
        <message>
            <source>not installed: {extra}</source>
            <translation>未安装：{extra}</translation>
        </message>
        <message>
            <source>this build of ONNX Runtime does not have it</source>
            <translation>此版本的 ONNX Runtime 不包含它</translation>
        </message>
        <message>
            <source>The target {target} cannot be used: {reason}.</source>
            <translation>无法使用目标 {target}：{reason}。</translation>
        </message>
        <message>
            <source>There are: {usable}.</source>
            <translation>可用的有：{usable}。</translation>
        </message>
        <message>
            <source>, float in {precision}</source>
            <translation>，浮点以 {precision} 计算</translation>
        </message>
        <message>
            <source>the model</source>
            <translation>该模型</translation>
        </message>
        <message>
            <source>ONNX Runtime cannot load {what}.</source>
            <translation>ONNX Runtime 无法加载 {what}。</translation>
        </message>
        <message>
            <source>The details name the operator that failed.</source>
            <translation>详细信息中给出了出错的算子。</translation>
        </message>
        <message>
            <source>ONNX Runtime's {provider} cannot start on this machine.</source>
            <translation>ONNX Runtime 的 {provider} 无法在本机上启动。</translation>
        </message>
        <message>
            <source>Choose another target, or install its driver.</source>
            <translation>请选择其他目标，或安装其驱动程序。</translation>
        </message>
        <message>
            <source>The model did not answer within {limit_s} seconds on {batch} images.</source>
            <translation>模型在 {limit_s} 秒内没有对 {batch} 张图像给出结果。</translation>
        </message>
        <message>
            <source>It may contain an endless loop, or be too large for this machine.</source>
            <translation>它可能包含死循环，或对这台机器来说太大。</translation>
        </message>
        <message>
            <source>The model fails in ONNX Runtime on this input.</source>
            <translation>模型在 ONNX Runtime 中对此输入运行失败。</translation>
        </message>
        <message>
            <source>A part of {name} is missing: {filename}.</source>
            <translation>缺少 {name} 的一部分：{filename}。</translation>
        </message>
        <message>
            <source>Copy all files of the model.</source>
            <translation>请复制模型的所有文件。</translation>
        </message>
        <message>
            <source>{name} refers to data outside of its folder: {location}.</source>
            <translation>{name} 引用了其文件夹以外的数据：{location}。</translation>
        </message>
        <message>
            <source>Accuracy was known to ±{half_width} pp after {count} images.</source>
            <translation>在 {count} 张图像之后，准确率已精确到 ±{half_width} 个百分点。</translation>
        </message>
        <message>
            <source>Trial {number} is no larger and more accurate: after {mine} images {lost} were right only there, {gained} only here.</source>
            <translation>试验 {number} 不更大且更准确：在 {mine} 张图像之后，只有它答对的有 {lost} 张，只有本试验答对的有 {gained} 张。</translation>
        </message>
        <message>
            <source>It is hardly better than guessing: {right} of {seen} images are right.</source>
            <translation>与随机猜测相差无几：{seen} 张图像中只答对了 {right} 张。</translation>
        </message>
        <message>
            <source>Reading the file</source>
            <translation>正在读取文件</translation>
        </message>
        <message>
            <source>Profiling the operators</source>
            <translation>正在分析各算子的耗时</translation>
        </message>
        <message>
            <source>Measuring with and without threads</source>
            <translation>正在测量使用和不使用多线程时的耗时</translation>
        </message>
        <message>
            <source>ONNX Runtime cannot profile the model.</source>
            <translation>ONNX Runtime 无法分析该模型的耗时。</translation>
        </message>
        <message>
            <source>Torch eager is a reference for float files, and this one is quantised.</source>
            <translation>Torch eager 仅作为浮点文件的参考，而此文件已量化。</translation>
        </message>
        <message>
            <source>Choose ONNX Runtime or OpenVINO as the target, or leave the weights and activations at 32 bits.</source>
            <translation>请选择 ONNX Runtime 或 OpenVINO 作为目标，或将权重和激活保持为 32 位。</translation>
        </message>
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
            <translation>延迟（批量 1）</translation>
        </message>
        <message>
            <source>Top-5 accuracy</source>
            <translation>Top-5 准确率</translation>
        </message>
        <message>
            <source>Accuracy of the worst class</source>
            <translation>最差类别的准确率</translation>
        </message>
        <message>
            <source>Calibration error (ECE)</source>
            <translation>校准误差 (ECE)</translation>
        </message>
        <message>
            <source>Download (zstd)</source>
            <translation>下载大小（zstd）</translation>
        </message>
        <message>
            <source>Throughput, best batch</source>
            <translation>吞吐量（最佳批量）</translation>
        </message>
        <message>
            <source>Peak memory beyond the runtime</source>
            <translation>峰值内存（不含运行时）</translation>
        </message>
        <message>
            <source>Energy per image</source>
            <translation>每张图像的能耗</translation>
        </message>
        <message>
            <source>Latency context</source>
            <translation>延迟测量环境</translation>
        </message>
        <message>
            <source>{classes} classes are not possible.</source>
            <translation>类别数不能是 {classes}。</translation>
        </message>
        <message>
            <source>Give 1 to {max_classes}.</source>
            <translation>请给出 1 到 {max_classes}。</translation>
        </message>
        <message>
            <source>{channels} input channels are not possible.</source>
            <translation>输入通道数不能是 {channels}。</translation>
        </message>
        <message>
            <source>Give 1 (grey) or 3 (RGB).</source>
            <translation>请给出 1（灰度）或 3（RGB）。</translation>
        </message>
        <message>
            <source>The image size {size} is not possible.</source>
            <translation>图像尺寸不能是 {size}。</translation>
        </message>
        <message>
            <source>Give 1 to {max_side} pixels a side.</source>
            <translation>请给出边长 1 到 {max_side} 像素。</translation>
        </message>
        <message>
            <source>A width of {width} is not possible.</source>
            <translation>宽度不能是 {width}。</translation>
        </message>
        <message>
            <source>Give a number from {width} to {width2}.</source>
            <translation>请给出 {width} 到 {width2} 之间的数。</translation>
        </message>
        <message>
            <source>Did you mean {close}?</source>
            <translation>您是指 {close} 吗？</translation>
        </message>
        <message>
            <source>There is no network named {name}.</source>
            <translation>没有名为 {name} 的网络。</translation>
        </message>
        <message>
            <source>The program's own networks are {seed_networks}; others are torchvision:NAME.</source>
            <translation>程序自带的网络有 {seed_networks}；其他的写作 torchvision:NAME。</translation>
        </message>
        <message>
            <source>Softmax regression has no channels to scale.</source>
            <translation>Softmax 回归没有可缩放的通道。</translation>
        </message>
        <message>
            <source>Use it at width 1.</source>
            <translation>请使用宽度 1。</translation>
        </message>
        <message>
            <source>{title} cannot take images of {shown} (channels × height × width).</source>
            <translation>{title} 不能接受 {shown}（通道 × 高度 × 宽度）的图像。</translation>
        </message>
        <message>
            <source>Choose a network for images of this size, or another image size (--image-size).</source>
            <translation>请选择适合此尺寸图像的网络，或另一图像尺寸 (--image-size)。</translation>
        </message>
        <message>
            <source>There is no shallower form of {name}.</source>
            <translation>{name} 没有更浅的形式。</translation>
        </message>
        <message>
            <source>Depths work for cifar_resnet*, and torchvision's resnet*, vgg* and densenet*; choose a width instead.</source>
            <translation>可改深度的有 cifar_resnet*，以及 torchvision 的 resnet*、vgg* 和 densenet*；否则请改为选择宽度。</translation>
        </message>
        <message>
            <source>a Keras/HDF5 file</source>
            <translation>Keras/HDF5 文件</translation>
        </message>
        <message>
            <source>Export it to ONNX (tf2onnx) and open that.</source>
            <translation>请（用 tf2onnx）导出为 ONNX 再打开。</translation>
        </message>
        <message>
            <source>a TensorFlow Lite model</source>
            <translation>TensorFlow Lite 模型</translation>
        </message>
        <message>
            <source>Export the original network to ONNX and open that.</source>
            <translation>请把原来的网络导出为 ONNX 再打开。</translation>
        </message>
        <message>
            <source>a study file or another SQLite database</source>
            <translation>研究文件或其他 SQLite 数据库</translation>
        </message>
        <message>
            <source>Open it with File ▸ Open study.</source>
            <translation>请用“文件 ▸ 打开研究”打开它。</translation>
        </message>
        <message>
            <source>a Git LFS pointer, not the model itself</source>
            <translation>Git LFS 指针，而不是模型本身</translation>
        </message>
        <message>
            <source>Fetch it with: git lfs pull</source>
            <translation>请用此命令获取：git lfs pull</translation>
        </message>
        <message>
            <source>a gzip archive</source>
            <translation>gzip 压缩包</translation>
        </message>
        <message>
            <source>Unpack it and open the file inside.</source>
            <translation>请解压后打开其中的文件。</translation>
        </message>
        <message>
            <source>a NumPy array</source>
            <translation>NumPy 数组</translation>
        </message>
        <message>
            <source>Open it as data, or choose a model file.</source>
            <translation>请将其作为数据打开，或选择模型文件。</translation>
        </message>
        <message>
            <source>a PNG image</source>
            <translation>PNG 图像</translation>
        </message>
        <message>
            <source>Choose a model file.</source>
            <translation>请选择模型文件。</translation>
        </message>
        <message>
            <source>a web page or XML text, perhaps a failed download</source>
            <translation>网页或 XML 文本，可能是下载失败的结果</translation>
        </message>
        <message>
            <source>Download the file again.</source>
            <translation>请重新下载该文件。</translation>
        </message>
        <message>
            <source>a tar archive or a pre-2018 PyTorch file</source>
            <translation>tar 压缩包，或 2018 年以前的 PyTorch 文件</translation>
        </message>
        <message>
            <source>Unpack it, or save it anew with torch.save.</source>
            <translation>请将其解压，或用 torch.save 重新保存。</translation>
        </message>
        <message>
            <source>The file is empty.</source>
            <translation>文件是空的。</translation>
        </message>
        <message>
            <source>The file is {what}.</source>
            <translation>该文件是{what}。</translation>
        </message>
        <message>
            <source>The file is none of the kinds that can be opened: safetensors, PyTorch weights or ONNX.</source>
            <translation>该文件不是可以打开的类型：safetensors、PyTorch 权重或 ONNX。</translation>
        </message>
        <message>
            <source>If it should be one of them, it is damaged: copy or download it again.</source>
            <translation>如果它本应是其中之一，则已损坏：请重新复制或下载。</translation>
        </message>
        <message>
            <source>The file is named {suffix} but its content is {kind}; it was opened by content.</source>
            <translation>文件名后缀是 {suffix}，但内容是 {kind}；已按内容打开。</translation>
        </message>
        <message>
            <source>The file is a truncated or damaged PyTorch file.</source>
            <translation>该文件是不完整或已损坏的 PyTorch 文件。</translation>
        </message>
        <message>
            <source>The file is an archive of {names} entries; no network has as many tensors.</source>
            <translation>该文件是有 {names} 个条目的压缩包；没有网络有这么多张量。</translation>
        </message>
        <message>
            <source>The file is an .npz archive of arrays, not a model.</source>
            <translation>该文件是数组的 .npz 压缩包，不是模型。</translation>
        </message>
        <message>
            <source>Open it as data.</source>
            <translation>请将其作为数据打开。</translation>
        </message>
        <message>
            <source>The file is a zip archive, not a model.</source>
            <translation>该文件是 zip 压缩包，不是模型。</translation>
        </message>
        <message>
            <source>Unpack it and open the model inside.</source>
            <translation>请解压后打开其中的模型。</translation>
        </message>
        <message>
            <source>The file is an exported program (.pt2), and loading one can run code hidden in it.</source>
            <translation>该文件是导出的程序 (.pt2)，加载它可能会运行其中隐藏的代码。</translation>
        </message>
        <message>
            <source>In the program that made it, save the weights (safetensors.torch.save_file(model.state_dict(), …)) or export to ONNX (torch.onnx.export), and open that file. If you trust this very file, allow it with --trust.</source>
            <translation>请在生成它的程序中保存权重 (safetensors.torch.save_file(model.state_dict(), …)) 或导出为 ONNX (torch.onnx.export)，再打开那个文件。如果您信任这个文件，请用 --trust 允许。</translation>
        </message>
        <message>
            <source>The file is TorchScript, and loading it can run code hidden in it.</source>
            <translation>该文件是 TorchScript，加载它可能会运行其中隐藏的代码。</translation>
        </message>
        <message>
            <source>Where you trust it, convert it once yourself: model = torch.jit.load(path); torch.save(model.state_dict(), 'weights.pth'); then open weights.pth.</source>
            <translation>如果您信任它，请自行转换一次：model = torch.jit.load(path); torch.save(model.state_dict(), 'weights.pth')；然后打开 weights.pth。</translation>
        </message>
        <message>
            <source>{missing} tensors are missing ({missing2})</source>
            <translation>缺少 {missing} 个张量（{missing2}）</translation>
        </message>
        <message>
            <source>{surplus} are unexpected ({surplus2})</source>
            <translation>有 {surplus} 个多余的张量（{surplus2}）</translation>
        </message>
        <message>
            <source>the shapes differ, for example {key}: {found}, usually {wanted}</source>
            <translation>形状不同，例如 {key}：{found}，通常为 {wanted}</translation>
        </message>
        <message>
            <source>The weights do not fit {name}: {lines}.</source>
            <translation>权重与 {name} 不符：{lines}。</translation>
        </message>
        <message>
            <source>Leave the architecture out to have it identified.</source>
            <translation>请不要指定架构，让程序识别。</translation>
        </message>
        <message>
            <source>The network returns {name} instead of one tensor of logits.</source>
            <translation>网络返回 {name}，而不是一个 logits 张量。</translation>
        </message>
        <message>
            <source>Only networks with one input and one output can be handled.</source>
            <translation>只能处理一个输入、一个输出的网络。</translation>
        </message>
        <message>
            <source>The network does not take images of {shown} (channels × height × width).</source>
            <translation>网络不能接受 {shown}（通道 × 高度 × 宽度）的图像。</translation>
        </message>
        <message>
            <source>Give the image size it was made for (--image-size), or choose a network for images of this size.</source>
            <translation>请给出网络所用的图像尺寸 (--image-size)，或选择适合此尺寸图像的网络。</translation>
        </message>
        <message>
            <source>A layer of type {name} has no weight.</source>
            <translation>{name} 类型的层没有权重。</translation>
        </message>
        <message>
            <source>The card of this model (its .json file or metadata) is damaged.</source>
            <translation>此模型的卡片（其 .json 文件或元数据）已损坏。</translation>
        </message>
        <message>
            <source>Repair it, or remove it to have the network identified from the weights.</source>
            <translation>请修复它，或将其移除，让程序根据权重识别网络。</translation>
        </message>
        <message>
            <source>A network without weights: it is trained on the data first.</source>
            <translation>没有权重的网络：会先在数据上训练。</translation>
        </message>
        <message>
            <source>{path} is a folder.</source>
            <translation>{path} 是文件夹。</translation>
        </message>
        <message>
            <source>Choose a model file inside it.</source>
            <translation>请选择其中的模型文件。</translation>
        </message>
        <message>
            <source>There is no model file {path}.</source>
            <translation>没有模型文件 {path}。</translation>
        </message>
        <message>
            <source>Give a path, demo, torchvision:NAME (such as torchvision:resnet18) or network:NAME ({seed_names}).</source>
            <translation>请给出路径、demo、torchvision:NAME（例如 torchvision:resnet18）或 network:NAME（{seed_names}）。</translation>
        </message>
        <message>
            <source>Opening {name} needs about {length} GB of memory; {available} GB are free.</source>
            <translation>打开 {name} 约需 {length} GB 内存；空闲的有 {available} GB。</translation>
        </message>
        <message>
            <source>Close other programs, or choose a smaller model.</source>
            <translation>请关闭其他程序，或选择较小的模型。</translation>
        </message>
        <message>
            <source>The model file cannot be read.</source>
            <translation>无法读取模型文件。</translation>
        </message>
        <message>
            <source>Check its path and permissions.</source>
            <translation>请检查其路径和权限。</translation>
        </message>
        <message>
            <source>An exported program is handled as its ONNX graph: it can be quantised and teach, not be trained or cut.</source>
            <translation>导出的程序按其 ONNX 图处理：可以量化、可作教师，但不能训练或剪枝。</translation>
        </message>
        <message>
            <source>weights and code</source>
            <translation>权重和代码</translation>
        </message>
        <message>
            <source>The tensors are named differently; they were matched to {title} by order and shape.</source>
            <translation>张量的名称不同；已按顺序和形状与 {title} 对应。</translation>
        </message>
        <message>
            <source>The weights also fit {others}; choose with --architecture.</source>
            <translation>这些权重也符合 {others}；请用 --architecture 选择。</translation>
        </message>
        <message>
            <source>The weights belong to no network that is known here: {state} tensors, such as {shown}.</source>
            <translation>这些权重不属于已知的任何网络：{state} 个张量，例如 {shown}。</translation>
        </message>
        <message>
            <source>Known are the program's own networks ({seed_names}) and torchvision's. Any other network can be opened as ONNX: export it with torch.onnx.export.</source>
            <translation>已知的有程序自带的网络（{seed_names}）和 torchvision 的网络。其他网络都可以作为 ONNX 打开：请用 torch.onnx.export 导出。</translation>
        </message>
        <message>
            <source>The network takes images of another size than the data's ({shown}); they are resized.</source>
            <translation>网络接受的图像尺寸与数据的不同（{shown}）；图像会被缩放。</translation>
        </message>
        <message>
            <source>The file is not a readable ONNX model.</source>
            <translation>该文件不是可读的 ONNX 模型。</translation>
        </message>
        <message>
            <source>Copy, download or export it again.</source>
            <translation>请重新复制、下载或导出。</translation>
        </message>
        <message>
            <source>The model is larger than 2 GB.</source>
            <translation>模型大于 2 GB。</translation>
        </message>
        <message>
            <source>Choose a smaller network.</source>
            <translation>请选择较小的网络。</translation>
        </message>
        <message>
            <source>The ONNX model is not valid.</source>
            <translation>ONNX 模型无效。</translation>
        </message>
        <message>
            <source>Export it again.</source>
            <translation>请重新导出。</translation>
        </message>
        <message>
            <source>{external} tensors were read from files beside the model.</source>
            <translation>从模型旁的文件中读取了 {external} 个张量。</translation>
        </message>
        <message>
            <source>The model is larger than 2 GB with its external data.</source>
            <translation>模型连同外部数据大于 2 GB。</translation>
        </message>
        <message>
            <source>length {length}, expected {expected}</source>
            <translation>长度为 {length}，应为 {expected}</translation>
        </message>
        <message>
            <source>{name} is too short</source>
            <translation>{name} 太短</translation>
        </message>
        <message>
            <source>the checksum of {name} is wrong</source>
            <translation>{name} 的校验和不符</translation>
        </message>
        <message>
            <source>The model keeps the tensor {tensor} in the file {location}, which is missing.</source>
            <translation>模型把张量 {tensor} 存在文件 {location} 中，而该文件不存在。</translation>
        </message>
        <message>
            <source>Put that file beside the model, under the same name.</source>
            <translation>请把那个文件以同样的名称放在模型旁边。</translation>
        </message>
        <message>
            <source>The model wants to read its tensor {tensor} from {location}, which is not a plain file in its own folder.</source>
            <translation>模型要从 {location} 读取张量 {tensor}，而那不是其所在文件夹中的普通文件。</translation>
        </message>
        <message>
            <source>External data must lie beside the model, without '..', absolute paths or links. Copy it there, or save the model with its weights inside (onnx.save_model(…, save_as_external_data=False)).</source>
            <translation>外部数据必须放在模型旁边，不能有“..”、绝对路径或链接。请把它复制过来，或把权重保存在模型内 (onnx.save_model(…, save_as_external_data=False))。</translation>
        </message>
        <message>
            <source>The external data of the tensor {tensor} does not fit it.</source>
            <translation>张量 {tensor} 的外部数据与其不符。</translation>
        </message>
        <message>
            <source>Export or copy the model again.</source>
            <translation>请重新导出或复制模型。</translation>
        </message>
        <message>
            <source>The model decides its way while running (operator {op_type}, node {name}).</source>
            <translation>模型在运行时才决定走哪条路径（算子 {op_type}，节点 {name}）。</translation>
        </message>
        <message>
            <source>Only networks that do the same for every image can be compressed and measured; export it with fixed shapes and without loops.</source>
            <translation>只有对每张图像做相同运算的网络才能压缩和测量；请以固定形状、不含循环的方式导出。</translation>
        </message>
        <message>
            <source>The model needs the operator {op_type} from {domain}, which is not part of ONNX.</source>
            <translation>模型需要 {domain} 的算子 {op_type}，它不属于 ONNX。</translation>
        </message>
        <message>
            <source>Export it with standard operators only.</source>
            <translation>请只用标准算子导出。</translation>
        </message>
        <message>
            <source>The tensor {name} does not have the values its shape needs.</source>
            <translation>张量 {name} 中的数值与其形状不符。</translation>
        </message>
        <message>
            <source>Copy, download or export the model again.</source>
            <translation>请重新复制、下载或导出模型。</translation>
        </message>
        <message>
            <source>The model would create a tensor of {shape} values (node {name}).</source>
            <translation>模型会生成有 {shape} 个数值的张量（节点 {name}）。</translation>
        </message>
        <message>
            <source>It is damaged or made to exhaust memory.</source>
            <translation>它已损坏，或是有意耗尽内存。</translation>
        </message>
        <message>
            <source>The tensor {name} contains NaN or infinite values.</source>
            <translation>张量 {name} 中有 NaN 或无穷大的值。</translation>
        </message>
        <message>
            <source>The training that produced it diverged; export an earlier checkpoint.</source>
            <translation>产生它的训练已发散；请导出较早的检查点。</translation>
        </message>
        <message>
            <source>The model has no weights: there is nothing to compress.</source>
            <translation>模型没有权重：没有可压缩的内容。</translation>
        </message>
        <message>
            <source>Choose another model.</source>
            <translation>请选择另一个模型。</translation>
        </message>
        <message>
            <source>The model has {inputs} inputs and {output} outputs ({found}).</source>
            <translation>模型有 {inputs} 个输入和 {output} 个输出（{found}）。</translation>
        </message>
        <message>
            <source>Only networks from one image to one vector of class scores can be handled.</source>
            <translation>只能处理从一张图像到一个类别得分向量的网络。</translation>
        </message>
        <message>
            <source>The model's input {name} has the type {kind}; float32 images are expected.</source>
            <translation>模型的输入 {name} 类型为 {kind}；应为 float32 图像。</translation>
        </message>
        <message>
            <source>Export it with a float32 input.</source>
            <translation>请以 float32 输入导出。</translation>
        </message>
        <message>
            <source>The model's input {name} has the shape {inputs}.</source>
            <translation>模型的输入 {name} 形状为 {inputs}。</translation>
        </message>
        <message>
            <source>Images are expected: N × C × H × W with 1 or 3 channels. Export it in that order.</source>
            <translation>应为图像：N × C × H × W，1 或 3 个通道。请按此顺序导出。</translation>
        </message>
        <message>
            <source>The model leaves the image size open: {inputs}.</source>
            <translation>模型没有固定图像尺寸：{inputs}。</translation>
        </message>
        <message>
            <source>Say for which size it is to be measured (--image-size), or open the data first.</source>
            <translation>请说明按哪个尺寸测量 (--image-size)，或先打开数据。</translation>
        </message>
        <message>
            <source>The model's input of {inputs} is too large.</source>
            <translation>模型的输入 {inputs} 太大。</translation>
        </message>
        <message>
            <source>At most {max_side} pixels a side and batches of {max_batch} can be handled.</source>
            <translation>最多可处理边长 {max_side} 像素、批量 {max_batch}。</translation>
        </message>
        <message>
            <source>The file was exported for batches of one size; that is made flexible.</source>
            <translation>该文件按固定批量导出；已改为任意批量。</translation>
        </message>
        <message>
            <source>ONNX Runtime {version} cannot run this model on an image of {shape} (channels × height × width).</source>
            <translation>ONNX Runtime {version} 无法在 {shape}（通道 × 高度 × 宽度）的图像上运行此模型。</translation>
        </message>
        <message>
            <source>Export it for another opset or image size.</source>
            <translation>请以其他 opset 或图像尺寸导出。</translation>
        </message>
        <message>
            <source>The model's output {name} has the shape {found}.</source>
            <translation>模型的输出 {name} 形状为 {found}。</translation>
        </message>
        <message>
            <source>One vector of class scores per image is expected (N × classes, float32).</source>
            <translation>每张图像应有一个类别得分向量（N × 类别数，float32）。</translation>
        </message>
        <message>
            <source>The file's description of its tensors is implausibly long.</source>
            <translation>文件对其张量的描述长得不合理。</translation>
        </message>
        <message>
            <source>The file's description of its tensors is damaged.</source>
            <translation>文件对其张量的描述已损坏。</translation>
        </message>
        <message>
            <source>The file was written with pickle protocol {argument}; torch.save's own is {protocol}.</source>
            <translation>该文件用 pickle 协议 {argument} 写成；torch.save 使用的是 {protocol}。</translation>
        </message>
        <message>
            <source>Save the weights anew without pickle_protocol=…, or as safetensors.</source>
            <translation>请不带 pickle_protocol=… 重新保存权重，或存为 safetensors。</translation>
        </message>
        <message>
            <source>the pickle instruction {name}</source>
            <translation>pickle 指令 {name}</translation>
        </message>
        <message>
            <source>the Python object {value}</source>
            <translation>Python 对象 {value}</translation>
        </message>
        <message>
            <source>attributes set on an object</source>
            <translation>对对象属性的设置</translation>
        </message>
        <message>
            <source>a reference other than to a tensor's storage</source>
            <translation>对张量存储以外内容的引用</translation>
        </message>
        <message>
            <source>a view of another storage</source>
            <translation>对另一存储的视图</translation>
        </message>
        <message>
            <source>The file describes its storage {key} in two ways.</source>
            <translation>文件对存储 {key} 有两种不同的描述。</translation>
        </message>
        <message>
            <source>It is damaged or forged.</source>
            <translation>它已损坏或是伪造的。</translation>
        </message>
        <message>
            <source>a call of something that is no function</source>
            <translation>对非函数内容的调用</translation>
        </message>
        <message>
            <source>a call of {value}</source>
            <translation>对 {value} 的调用</translation>
        </message>
        <message>
            <source>a tensor with hooks or metadata</source>
            <translation>带有钩子或元数据的张量</translation>
        </message>
        <message>
            <source>A tensor of shape {shape} claims more values than the {numel} its storage holds.</source>
            <translation>形状为 {shape} 的张量声称的数值多于其存储中的 {numel} 个。</translation>
        </message>
        <message>
            <source>A tensor of shape scalar claims more values than the {numel} its storage holds.</source>
            <translation>标量张量声称的数值多于其存储中的 {numel} 个。</translation>
        </message>
        <message>
            <source>The file is damaged or forged, or holds an expanded view: save contiguous tensors.</source>
            <translation>文件已损坏或是伪造的，或含有扩展视图：请保存连续的张量。</translation>
        </message>
        <message>
            <source>The file was not opened: it contains {what}, which weights do not need, and loading it could run code.</source>
            <translation>文件未打开：其中有{what}，权重用不到它，而加载它可能会运行代码。</translation>
        </message>
        <message>
            <source>Where the file comes from, save only the weights: safetensors.torch.save_file(model.state_dict(), 'model.safetensors'), or torch.save(model.state_dict(), 'model.pth').</source>
            <translation>请在该文件的来源处只保存权重：safetensors.torch.save_file(model.state_dict(), 'model.safetensors')，或 torch.save(model.state_dict(), 'model.pth')。</translation>
        </message>
        <message>
            <source>torchvision is not installed, so its networks and downloads are not available.</source>
            <translation>未安装 torchvision，因此不能使用它的网络和下载功能。</translation>
        </message>
        <message>
            <source>Install it beside torch (see packaging/constraints.txt), or run packaging/bootstrap.py again.</source>
            <translation>请与 torch 一起安装它（见 packaging/constraints.txt），或重新运行 packaging/bootstrap.py。</translation>
        </message>
        <message>
            <source>torchvision does not fit the installed torch {version}.</source>
            <translation>torchvision 与已安装的 torch {version} 不匹配。</translation>
        </message>
        <message>
            <source>Install the versions of packaging/constraints.txt.</source>
            <translation>请安装 packaging/constraints.txt 中的版本。</translation>
        </message>
        <message>
            <source>This network has no convolution whose input channels could be adapted.</source>
            <translation>此网络没有可调整输入通道的卷积。</translation>
        </message>
        <message>
            <source>torchvision:{name} has no width multiplier.</source>
            <translation>torchvision:{name} 没有宽度系数。</translation>
        </message>
        <message>
            <source>Choose another network as student; widths work for {scalable}.</source>
            <translation>请选择另一网络作为学生；可改宽度的有 {scalable}。</translation>
        </message>
        <message>
            <source>{name} is a program: opening it runs whatever is in it, as you.</source>
            <translation>{name} 是程序：打开它会以您的身份运行其中的一切。</translation>
        </message>
        <message>
            <source>Look into it first. If you trust this very file, allow it with --trust.</source>
            <translation>请先查看其内容。如果您信任这个文件，请用 --trust 允许。</translation>
        </message>
        <message>
            <source>{name} has no function or class {found}.</source>
            <translation>{name} 中没有函数或类 {found}。</translation>
        </message>
        <message>
            <source>Name the one that builds the network.</source>
            <translation>请给出构建网络的那一个。</translation>
        </message>
        <message>
            <source>The factory returned {name}.</source>
            <translation>工厂函数返回了 {name}。</translation>
        </message>
        <message>
            <source>It must return a torch.nn.Module.</source>
            <translation>它必须返回 torch.nn.Module。</translation>
        </message>
        <message>
            <source>The factory returned TorchScript, which cannot be changed.</source>
            <translation>工厂函数返回了 TorchScript，它不能更改。</translation>
        </message>
        <message>
            <source>Return the module itself.</source>
            <translation>请返回模块本身。</translation>
        </message>
        <message>
            <source>The network takes {inputs} inputs.</source>
            <translation>网络有 {inputs} 个输入。</translation>
        </message>
        <message>
            <source>Only networks from one image to class scores can be handled.</source>
            <translation>只能处理从一张图像到类别得分的网络。</translation>
        </message>
        <message>
            <source>The network has no weights, so there is nothing to compress.</source>
            <translation>网络没有权重，因此没有可压缩的内容。</translation>
        </message>
        <message>
            <source>Choose another network.</source>
            <translation>请选择另一个网络。</translation>
        </message>
        <message>
            <source>Weights of type {kinds} were converted to float32.</source>
            <translation>{kinds} 类型的权重已转换为 float32。</translation>
        </message>
        <message>
            <source>Use an earlier checkpoint.</source>
            <translation>请使用较早的检查点。</translation>
        </message>
        <message>
            <source>{shared} of the tensors share their weights with others.</source>
            <translation>有 {shared} 个张量与其他张量共享权重。</translation>
        </message>
        <message>
            <source>The network's output for two images has the shape {output}.</source>
            <translation>网络对两张图像的输出形状为 {output}。</translation>
        </message>
        <message>
            <source>Only networks from one image to a row of class scores can be handled.</source>
            <translation>只能处理从一张图像到一行类别得分的网络。</translation>
        </message>
        <message>
            <source>Give it an attribute input_shape = (C, H, W), or name the data with it.</source>
            <translation>请给它加上属性 input_shape = (C, H, W)，或同时给出数据。</translation>
        </message>
        <message>
            <source>of another shape</source>
            <translation>形状不同</translation>
        </message>
        <message>
            <source>The weights in {file} do not fit the network: {lists}.</source>
            <translation>{file} 中的权重与网络不符：{lists}。</translation>
        </message>
        <message>
            <source>{names} tensors are {word} ({names2})</source>
            <translation>{names} 个张量{word}（{names2}）</translation>
        </message>
        <message>
            <source>Name the code that they were made with.</source>
            <translation>请给出生成它们的代码。</translation>
        </message>
        <message>
            <source>PyTorch cannot load {name}.</source>
            <translation>PyTorch 无法加载 {name}。</translation>
        </message>
        <message>
            <source>Export it again with this version.</source>
            <translation>请用此版本重新导出。</translation>
        </message>
        <message>
            <source>The network in {name} takes {inputs} inputs.</source>
            <translation>{name} 中的网络有 {inputs} 个输入。</translation>
        </message>
        <message>
            <source>{name} cannot be exported to ONNX.</source>
            <translation>无法将 {name} 导出为 ONNX。</translation>
        </message>
        <message>
            <source>Export it with torch.onnx.export and open that.</source>
            <translation>请用 torch.onnx.export 导出再打开。</translation>
        </message>
        <message>
            <source>{name} failed: {name2}: {error}</source>
            <translation>{name} 运行失败：{name2}：{error}</translation>
        </message>
        <message>
            <source>Correct the code, and open it again.</source>
            <translation>请修正代码后重新打开。</translation>
        </message>
        <message>
            <source>timm:{name} needs the library timm, which is not installed.</source>
            <translation>timm:{name} 需要 timm 库，而它未安装。</translation>
        </message>
        <message>
            <source>Install it: pip install 'nnopt-gui[timm]'. torchvision's networks are there without it.</source>
            <translation>请安装：pip install 'nnopt-gui[timm]'。torchvision 的网络不需要它。</translation>
        </message>
        <message>
            <source>timm has no network named {name}.</source>
            <translation>timm 中没有名为 {name} 的网络。</translation>
        </message>
        <message>
            <source>See timm.list_models().</source>
            <translation>请参阅 timm.list_models()。</translation>
        </message>
        <message>
            <source>The factory has parameters without a default: {needed}.</source>
            <translation>工厂函数有未设默认值的参数：{needed}。</translation>
        </message>
        <message>
            <source>Give these parameters defaults; classes, channels and size are passed where the data tell them.</source>
            <translation>请给这些参数设默认值；在数据能说明时会传入 classes、channels 和 size。</translation>
        </message>
        <message>
            <source>The file {path} cannot be read.</source>
            <translation>无法读取文件 {path}。</translation>
        </message>
        <message>
            <source>Check its path.</source>
            <translation>请检查其路径。</translation>
        </message>
        <message>
            <source>The safetensors file is damaged.</source>
            <translation>safetensors 文件已损坏。</translation>
        </message>
        <message>
            <source>PyTorch cannot read the weights in this file.</source>
            <translation>PyTorch 无法读取此文件中的权重。</translation>
        </message>
        <message>
            <source>The safetensors file is truncated.</source>
            <translation>safetensors 文件不完整。</translation>
        </message>
        <message>
            <source>The safetensors header claims {length} bytes; the file has {data}.</source>
            <translation>safetensors 文件头声称有 {length} 字节；文件只有 {data} 字节。</translation>
        </message>
        <message>
            <source>It is truncated or forged: {lower}{damaged}</source>
            <translation>它不完整或是伪造的：{lower}{damaged}</translation>
        </message>
        <message>
            <source>The safetensors header is damaged.</source>
            <translation>safetensors 文件头已损坏。</translation>
        </message>
        <message>
            <source>The tensors in the safetensors file overlap or leave gaps.</source>
            <translation>safetensors 文件中的张量有重叠或空隙。</translation>
        </message>
        <message>
            <source>The file holds two entries of one name.</source>
            <translation>文件中有两个同名条目。</translation>
        </message>
        <message>
            <source>The file is not a PyTorch state dict: it holds {pickles}</source>
            <translation>该文件不是 PyTorch 的 state dict：其中有 {pickles}</translation>
        </message>
        <message>
            <source>The checksum of {filename} is wrong.</source>
            <translation>{filename} 的校验和不符。</translation>
        </message>
        <message>
            <source>The PyTorch file is damaged.</source>
            <translation>PyTorch 文件已损坏。</translation>
        </message>
        <message>
            <source>The entry {filename} is compressed, which torch.save never does; it may be a decompression bomb.</source>
            <translation>条目 {filename} 是压缩的，而 torch.save 从不压缩；它可能是解压炸弹。</translation>
        </message>
        <message>
            <source>Save the weights anew with torch.save or as safetensors.</source>
            <translation>请用 torch.save 重新保存权重，或存为 safetensors。</translation>
        </message>
        <message>
            <source>The file is encrypted.</source>
            <translation>文件已加密。</translation>
        </message>
        <message>
            <source>Save the weights without a password.</source>
            <translation>请不加密码保存权重。</translation>
        </message>
        <message>
            <source>The entries claim more bytes than the file has.</source>
            <translation>各条目声称的字节数多于文件的字节数。</translation>
        </message>
        <message>
            <source>The storage {key} should have {size_bytes} bytes, but the file holds another number.</source>
            <translation>存储 {key} 应有 {size_bytes} 字节，但文件中的数目不同。</translation>
        </message>
        <message>
            <source>It is truncated, damaged or forged: copy or download it again.</source>
            <translation>它不完整、已损坏或是伪造的：请重新复制或下载。</translation>
        </message>
        <message>
            <source>The file is a Python pickle, not PyTorch weights.</source>
            <translation>该文件是 Python pickle，不是 PyTorch 权重。</translation>
        </message>
        <message>
            <source>Save the weights with torch.save(model.state_dict(), 'model.pth') or as safetensors.</source>
            <translation>请用 torch.save(model.state_dict(), 'model.pth') 保存权重，或存为 safetensors。</translation>
        </message>
        <message>
            <source>The PyTorch file has an unknown version or byte order.</source>
            <translation>PyTorch 文件的版本或字节序未知。</translation>
        </message>
        <message>
            <source>Save it anew with torch.save.</source>
            <translation>请用 torch.save 重新保存。</translation>
        </message>
        <message>
            <source>The PyTorch file does not list its storages rightly.</source>
            <translation>PyTorch 文件没有正确列出其存储。</translation>
        </message>
        <message>
            <source>The PyTorch file has {data} bytes where its contents need {position}.</source>
            <translation>PyTorch 文件有 {data} 字节，而其内容需要 {position} 字节。</translation>
        </message>
        <message>
            <source>It is truncated or damaged: copy or download it again.</source>
            <translation>它不完整或已损坏：请重新复制或下载。</translation>
        </message>
        <message>
            <source>The file holds no weights: found {found}.</source>
            <translation>文件中没有权重：找到的是 {found}。</translation>
        </message>
        <message>
            <source>The file holds no weights: found nothing.</source>
            <translation>文件中没有权重：什么都没有。</translation>
        </message>
        <message>
            <source>A state dict is expected, plain or under 'state_dict', 'model' or 'net'.</source>
            <translation>应为 state dict，可直接存放，或放在 'state_dict'、'model' 或 'net' 之下。</translation>
        </message>
        <message>
            <source>The tensor {name} is not an ordinary dense tensor.</source>
            <translation>张量 {name} 不是普通的稠密张量。</translation>
        </message>
        <message>
            <source>Save plain float weights.</source>
            <translation>请保存普通的浮点权重。</translation>
        </message>
        <message>
            <source>The tensor {name} has the type {dtype}.</source>
            <translation>张量 {name} 的类型为 {dtype}。</translation>
        </message>
        <message>
            <source>The tensor {name} claims more bytes than the file has.</source>
            <translation>张量 {name} 声称的字节数多于文件的字节数。</translation>
        </message>
        <message>
            <source>The training that produced it diverged; use an earlier checkpoint.</source>
            <translation>产生它的训练已发散；请使用较早的检查点。</translation>
        </message>
        <message>
            <source>Weights stored as {converted} were converted to float32.</source>
            <translation>以 {converted} 存储的权重已转换为 float32。</translation>
        </message>
        <message>
            <source>Exporting the network to ONNX</source>
            <translation>正在把网络导出为 ONNX</translation>
        </message>
        <message>
            <source>This network cannot be exported to ONNX.</source>
            <translation>此网络不能导出为 ONNX。</translation>
        </message>
        <message>
            <source>Control flow that depends on the data, or operators that ONNX lacks, are the usual reasons.</source>
            <translation>常见原因是控制流依赖于数据，或使用了 ONNX 没有的算子。</translation>
        </message>
        <message>
            <source>The exported graph returns {shape} where torch returns {shape2}.</source>
            <translation>导出的图返回 {shape}，而 torch 返回 {shape2}。</translation>
        </message>
        <message>
            <source>The exported graph's outputs differ from torch's by {error}.</source>
            <translation>导出的图的输出与 torch 的相差 {error}。</translation>
        </message>
        <message>
            <source>There is nothing to compress in this network.</source>
            <translation>此网络中没有可压缩的内容。</translation>
        </message>
        <message>
            <source>It has no convolution or linear layer with constant weights.</source>
            <translation>它没有带常量权重的卷积层或线性层。</translation>
        </message>
        <message>
            <source>This is not a valid ONNX file.</source>
            <translation>这不是有效的 ONNX 文件。</translation>
        </message>
        <message>
            <source>Export the network again.</source>
            <translation>请重新导出网络。</translation>
        </message>
        <message>
            <source>The network's weights lie in another file.</source>
            <translation>网络的权重在另一个文件中。</translation>
        </message>
        <message>
            <source>Keep that file beside the .onnx file.</source>
            <translation>请把那个文件放在 .onnx 文件旁边。</translation>
        </message>
        <message>
            <source>This network is quantised already.</source>
            <translation>此网络已经量化过。</translation>
        </message>
        <message>
            <source>Open the float network that it was made from.</source>
            <translation>请打开量化前的浮点网络。</translation>
        </message>
        <message>
            <source>This network has {inputs} inputs and {output} outputs.</source>
            <translation>此网络有 {inputs} 个输入和 {output} 个输出。</translation>
        </message>
        <message>
            <source>A classifier of images has one input.</source>
            <translation>图像分类器只有一个输入。</translation>
        </message>
        <message>
            <source>The network's input is {shown}, not a batch of images of known size.</source>
            <translation>网络的输入是 {shown}，而不是一批尺寸已知的图像。</translation>
        </message>
        <message>
            <source>Export it with a float input N×channels×height×width whose last three sizes are fixed.</source>
            <translation>请以浮点输入 N×通道×高度×宽度导出，后三个尺寸固定。</translation>
        </message>
        <message>
            <source>This network uses operators outside the ONNX standard ({used}).</source>
            <translation>此网络使用了 ONNX 标准以外的算子（{used}）。</translation>
        </message>
        <message>
            <source>This network uses operators outside the ONNX standard (none named).</source>
            <translation>此网络使用了 ONNX 标准以外的算子（未注明名称）。</translation>
        </message>
        <message>
            <source>The network's operator set {version} cannot be converted to {opset}.</source>
            <translation>网络的算子集 {version} 无法转换为 {opset}。</translation>
        </message>
        <message>
            <source>Export it again with opset {opset}.</source>
            <translation>请以 opset {opset} 重新导出。</translation>
        </message>
        <message>
            <source>This network uses operators that came after opset {opset} ({names}).</source>
            <translation>此网络使用了 opset {opset} 之后才有的算子（{names}）。</translation>
        </message>
        <message>
            <source>Simplifying this network changed its outputs.</source>
            <translation>简化此网络改变了它的输出。</translation>
        </message>
        <message>
            <source>Please report this file.</source>
            <translation>请报告此文件。</translation>
        </message>
        <message>
            <source>The network's outputs depend on the other images of a batch.</source>
            <translation>网络的输出依赖于同一批中的其他图像。</translation>
        </message>
        <message>
            <source>Export it for batch size 1.</source>
            <translation>请以批量 1 导出。</translation>
        </message>
        <message>
            <source>For two images the network returns {shown}, not one row of class scores per image.</source>
            <translation>对两张图像，网络返回 {shown}，而不是每张图像一行类别得分。</translation>
        </message>
        <message>
            <source>Open a classifier exported with a free batch size.</source>
            <translation>请打开以任意批量导出的分类器。</translation>
        </message>
        <message>
            <source>ONNX Runtime cannot load this network.</source>
            <translation>ONNX Runtime 无法加载此网络。</translation>
        </message>
        <message>
            <source>Check that the file runs in ONNX Runtime's CPU provider.</source>
            <translation>请检查该文件能否在 ONNX Runtime 的 CPU 后端运行。</translation>
        </message>
        <message>
            <source>ONNX Runtime cannot run this network.</source>
            <translation>ONNX Runtime 无法运行此网络。</translation>
        </message>
        <message>
            <source>This network cannot be tuned by gradient: {missing} cannot be run in torch.</source>
            <translation>此网络不能用梯度调优：{missing} 不能在 torch 中运行。</translation>
        </message>
        <message>
            <source>Choose a method that does not tune, or export the network with other operators.</source>
            <translation>请选择不需要调优的方法，或用其他算子导出网络。</translation>
        </message>
        <message>
            <source>with further outputs</source>
            <translation>有更多输出</translation>
        </message>
        <message>
            <source>in training</source>
            <translation>处于训练模式</translation>
        </message>
        <message>
            <source>of even size</source>
            <translation>尺寸为偶数</translation>
        </message>
        <message>
            <source>with batch_dims</source>
            <translation>带 batch_dims</translation>
        </message>
        <message>
            <source>ceil_mode with auto_pad</source>
            <translation>ceil_mode 与 auto_pad 并用</translation>
        </message>
        <message>
            <source>with dilations</source>
            <translation>带膨胀</translation>
        </message>
        <message>
            <source>with computed scales</source>
            <translation>缩放因子由计算得出</translation>
        </message>
        <message>
            <source>Opening the model</source>
            <translation>正在打开模型</translation>
        </message>
        <message>
            <source>Opening {location}</source>
            <translation>正在打开 {location}</translation>
        </message>
        <message>
            <source>Measuring the original</source>
            <translation>正在测量原始模型</translation>
        </message>
        <message>
            <source>Measuring</source>
            <translation>正在测量</translation>
        </message>
        <message>
            <source>Confirming needs data.</source>
            <translation>确认需要数据。</translation>
        </message>
        <message>
            <source>Add a data set.</source>
            <translation>请添加数据集。</translation>
        </message>
        <message>
            <source>Activations are what images make of them.</source>
            <translation>激活值取决于图像。</translation>
        </message>
        <message>
            <source>Accuracy needs data.</source>
            <translation>准确率需要数据。</translation>
        </message>
        <message>
            <source>Pictures need data.</source>
            <translation>图像需要数据。</translation>
        </message>
        <message>
            <source>Saving</source>
            <translation>正在保存</translation>
        </message>
        <message>
            <source>Verifying the saved file</source>
            <translation>正在验证保存的文件</translation>
        </message>
        <message>
            <source>The file saved in {folder} does not reproduce its measurement.</source>
            <translation>保存在 {folder} 中的文件未能重现其测量结果。</translation>
        </message>
        <message>
            <source>Run the trial again; if this repeats, report it with the log.</source>
            <translation>请重新运行该试验；如果再次出现，请连同日志一起报告。</translation>
        </message>
        <message>
            <source>No model is open.</source>
            <translation>没有打开模型。</translation>
        </message>
        <message>
            <source>Open a model first.</source>
            <translation>请先打开模型。</translation>
        </message>
        <message>
            <source>{what} ({samples} selection images); chosen.</source>
            <translation>{what}（{samples} 张选择集图像）；已选用。</translation>
        </message>
        <message>
            <source>{what} ({samples} selection images).</source>
            <translation>{what}（{samples} 张选择集图像）。</translation>
        </message>
        <message>
            <source>The network takes images of {height}×{width} pixels, not of size {asked}.</source>
            <translation>网络接受 {height}×{width} 像素的图像，而不是尺寸 {asked}。</translation>
        </message>
        <message>
            <source>Leave the image size out.</source>
            <translation>请不要指定图像尺寸。</translation>
        </message>
        <message>
            <source>The network tells {classes} classes apart and the data have {classes2}.</source>
            <translation>网络区分 {classes} 个类别，而数据有 {classes2} 个。</translation>
        </message>
        <message>
            <source>Open data with {classes} classes, or a network made for {classes2}.</source>
            <translation>请打开有 {classes} 个类别的数据，或适用于 {classes2} 个类别的网络。</translation>
        </message>
        <message>
            <source>Looking for the network's preprocessing</source>
            <translation>正在寻找网络的预处理方式</translation>
        </message>
        <message>
            <source>Which blocks may go is tried on images.</source>
            <translation>哪些块可以移除，要在图像上试出来。</translation>
        </message>
        <message>
            <source>Add data, or remove channels by their weights.</source>
            <translation>请添加数据，或按权重移除通道。</translation>
        </message>
        <message>
            <source>The criterion {criterion} does not apply: what goes is found by trying it on images.</source>
            <translation>准则 {criterion} 不适用：移除什么要在图像上试出来。</translation>
        </message>
        <message>
            <source>Leave the criterion at auto, or prune channels at any width by MACs.</source>
            <translation>请把准则保持为 auto，或按乘加运算量以任意宽度剪枝通道。</translation>
        </message>
        <message>
            <source>Amounts per layer do not go with widths that this machine chooses.</source>
            <translation>逐层的比例不能与由本机选择的宽度并用。</translation>
        </message>
        <message>
            <source>Leave them out.</source>
            <translation>请将其略去。</translation>
        </message>
        <message>
            <source>There is no block {name} in this network.</source>
            <translation>此网络中没有块 {name}。</translation>
        </message>
        <message>
            <source>Look at its list of blocks.</source>
            <translation>请查看它的块列表。</translation>
        </message>
        <message>
            <source>The network does not run on an input of {shape}.</source>
            <translation>网络不能在 {shape} 的输入上运行。</translation>
        </message>
        <message>
            <source>The pruned network does not compute what it should; it was thrown away.</source>
            <translation>剪枝后的网络计算结果不对；已丢弃。</translation>
        </message>
        <message>
            <source>Prune single weights instead, and report this network.</source>
            <translation>请改为剪枝单个权重，并报告此网络。</translation>
        </message>
        <message>
            <source>After pruning, layer {name} is not what was planned; the network was thrown away.</source>
            <translation>剪枝后，层 {name} 与计划不符；该网络已丢弃。</translation>
        </message>
        <message>
            <source>Channel group {number} cannot be pruned.</source>
            <translation>无法剪枝通道组 {number}。</translation>
        </message>
        <message>
            <source>There is none.</source>
            <translation>没有可剪枝的组。</translation>
        </message>
        <message>
            <source>The channel groups are of another network.</source>
            <translation>这些通道组属于另一个网络。</translation>
        </message>
        <message>
            <source>Find the groups of this network first.</source>
            <translation>请先找出此网络的通道组。</translation>
        </message>
        <message>
            <source>Group {number} has channels 0 to {channels}; at least one must stay.</source>
            <translation>组 {number} 有通道 0 到 {channels}；至少要保留一个。</translation>
        </message>
        <message>
            <source>the network does not survive their removal</source>
            <translation>移除它们后网络无法运行</translation>
        </message>
        <message>
            <source>{strange} is not among the layers that are counted</source>
            <translation>{strange} 不在计入的层之中</translation>
        </message>
        <message>
            <source>No channels of this network can be removed.</source>
            <translation>此网络的通道都不能移除。</translation>
        </message>
        <message>
            <source>The criterion {criterion} looks at images.</source>
            <translation>准则 {criterion} 需要图像。</translation>
        </message>
        <message>
            <source>Add data, or choose l2.</source>
            <translation>请添加数据，或选择 l2。</translation>
        </message>
        <message>
            <source>Judging channels by {criterion}</source>
            <translation>正在按 {criterion} 评估通道</translation>
        </message>
        <message>
            <source>No batch norm scales the channels of this network.</source>
            <translation>此网络的通道都没有批归一化的缩放。</translation>
        </message>
        <message>
            <source>Choose another criterion.</source>
            <translation>请选择另一准则。</translation>
        </message>
        <message>
            <source>{silent} channel groups have no batch norm and were left alone ({silent2}, …).</source>
            <translation>{silent} 个通道组没有批归一化，未作改动（{silent2}、…）。</translation>
        </message>
        <message>
            <source>After a pruning step, the channels of {layers} can no longer be followed.</source>
            <translation>在一步剪枝之后，{layers} 的通道无法再跟踪。</translation>
        </message>
        <message>
            <source>Prune in one step.</source>
            <translation>请一步完成剪枝。</translation>
        </message>
        <message>
            <source>the criterion says nothing about them</source>
            <translation>该准则对它们没有说明</translation>
        </message>
        <message>
            <source>Only {share} of the {unit} can be removed: every group keeps a tenth of its channels.</source>
            <translation>最多只能移除 {unit} 的 {share}：每组至少保留十分之一的通道。</translation>
        </message>
        <message>
            <source>they gate other channels</source>
            <translation>它们控制其他通道的门限</translation>
        </message>
        <message>
            <source>they meet values that have to stay (a sum or product)</source>
            <translation>它们与必须保留的值相遇（相加或相乘）</translation>
        </message>
        <message>
            <source>they are rearranged among each other (a shuffle or a split)</source>
            <translation>它们的次序被重新排列（混洗或拆分）</translation>
        </message>
        <message>
            <source>they are taken apart in pieces</source>
            <translation>它们被分段拆开</translation>
        </message>
        <message>
            <source>they are multiplied with values that have to stay</source>
            <translation>它们与必须保留的值相乘</translation>
        </message>
        <message>
            <source>they are the network's outputs</source>
            <translation>它们是网络的输出</translation>
        </message>
        <message>
            <source>they pass through an operation that mixes them or is not known ({name})</source>
            <translation>它们经过会混合它们或未知的运算（{name}）</translation>
        </message>
        <message>
            <source>a normalisation takes all of them together ({name})</source>
            <translation>归一化把它们作为整体处理（{name}）</translation>
        </message>
        <message>
            <source>{name} shares its weights with {shared}</source>
            <translation>{name} 与 {shared} 共享权重</translation>
        </message>
        <message>
            <source>{name} runs on different inputs</source>
            <translation>{name} 在不同的输入上运行</translation>
        </message>
        <message>
            <source>the grouped convolution {name} reads values that have to stay</source>
            <translation>分组卷积 {name} 读取必须保留的值</translation>
        </message>
        <message>
            <source>Quantise it or prune single weights instead.</source>
            <translation>请改为量化，或剪枝单个权重。</translation>
        </message>
        <message>
            <source>What this network computes depends on the values in the image, so its channels cannot be followed.</source>
            <translation>此网络的计算过程依赖于图像中的数值，因此无法跟踪其通道。</translation>
        </message>
        <message>
            <source>no layer reads them</source>
            <translation>没有层读取它们</translation>
        </message>
        <message>
            <source>there is only one of them, or they can only go all together</source>
            <translation>只有一个，或只能一起移除</translation>
        </message>
        <message>
            <source>Looking for residual blocks</source>
            <translation>正在寻找残差块</translation>
        </message>
        <message>
            <source>This network cannot lose {amount} this way; {cost} is the most.</source>
            <translation>此网络不能以这种方式减少 {amount}；最多为 {cost}。</translation>
        </message>
        <message>
            <source>Ask for less, or remove channels and blocks together.</source>
            <translation>请降低要求，或同时移除通道和块。</translation>
        </message>
        <message>
            <source>A latency target needs measurements of this machine.</source>
            <translation>延迟目标需要本机的测量结果。</translation>
        </message>
        <message>
            <source>Measure the baseline first.</source>
            <translation>请先测量原始模型。</translation>
        </message>
        <message>
            <source>This network has no residual blocks that could be taken out.</source>
            <translation>此网络没有可移除的残差块。</translation>
        </message>
        <message>
            <source>Remove channels instead.</source>
            <translation>请改为移除通道。</translation>
        </message>
        <message>
            <source>Timing layers on this machine</source>
            <translation>正在本机上测量各层耗时</translation>
        </message>
        <message>
            <source>Measuring the shortened network</source>
            <translation>正在测量缩短后的网络</translation>
        </message>
        <message>
            <source>{wanted} × the original's latency was asked for; {ratio} × is the least that was measured</source>
            <translation>要求为原始延迟的 {wanted} 倍；测得的最低为 {ratio} 倍</translation>
        </message>
        <message>
            <source>{order} of {blocks} blocks removed: {order2}</source>
            <translation>移除了 {blocks} 个块中的 {order} 个：{order2}</translation>
        </message>
        <message>
            <source>channels of {narrowed} groups: {narrowed2}</source>
            <translation>{narrowed} 组的通道：{narrowed2}</translation>
        </message>
        <message>
            <source>measured {ratio} [{low}, {high}] × the original's latency</source>
            <translation>测得为原始延迟的 {ratio} [{low}, {high}] 倍</translation>
        </message>
        <message>
            <source>Choosing the blocks that are missed least</source>
            <translation>正在选择影响最小的块</translation>
        </message>
        <message>
            <source>Choosing the widths that are missed least</source>
            <translation>正在选择影响最小的宽度</translation>
        </message>
        <message>
            <source>Choosing the blocks and widths that are missed least</source>
            <translation>正在选择影响最小的块和宽度</translation>
        </message>
        <message>
            <source>The data have a class {label}; the network knows {shape}.</source>
            <translation>数据中有类别 {label}；网络只有 {shape} 个。</translation>
        </message>
        <message>
            <source>There are no images to judge importance by.</source>
            <translation>没有可用来评估重要性的图像。</translation>
        </message>
        <message>
            <source>Add images, or choose a criterion of weights.</source>
            <translation>请添加图像，或选择基于权重的准则。</translation>
        </message>
        <message>
            <source>Removing {amount} of the {kind}</source>
            <translation>正在移除 {kind} 的 {amount}</translation>
        </message>
        <message>
            <source>Fitting the layers to the channels that are left</source>
            <translation>正在让各层适应剩下的通道</translation>
        </message>
        <message>
            <source>The weights of {name} hold NaN or infinity.</source>
            <translation>{name} 的权重中有 NaN 或无穷大。</translation>
        </message>
        <message>
            <source>Repair or retrain the network first.</source>
            <translation>请先修复或重新训练网络。</translation>
        </message>
        <message>
            <source>{layers}: {width} of {width2} channels take {ms} × the time of all of them</source>
            <translation>{layers}：{width2} 个通道中的 {width} 个耗时为全部通道的 {ms} 倍</translation>
        </message>
        <message>
            <source>Activations are judged in torch networks; this is an ONNX file.</source>
            <translation>激活准则用于 torch 网络；这是 ONNX 文件。</translation>
        </message>
        <message>
            <source>Choose taylor, hessian or l2.</source>
            <translation>请选择 taylor、hessian 或 l2。</translation>
        </message>
        <message>
            <source>Judging weights by {criterion}</source>
            <translation>正在按 {criterion} 评估权重</translation>
        </message>
        <message>
            <source>The criterion {criterion} judges whole channels, not single weights.</source>
            <translation>准则 {criterion} 评估整个通道，而不是单个权重。</translation>
        </message>
        <message>
            <source>Choose l2, lamp, taylor, gradient, hessian or activation, or prune channels.</source>
            <translation>请选择 l2、lamp、taylor、gradient、hessian 或 activation，或剪枝通道。</translation>
        </message>
        <message>
            <source>Add data, or choose l2 or lamp.</source>
            <translation>请添加数据，或选择 l2 或 lamp。</translation>
        </message>
        <message>
            <source>Calibrating activations</source>
            <translation>正在校准激活</translation>
        </message>
        <message>
            <source>There are no calibration images.</source>
            <translation>没有校准图像。</translation>
        </message>
        <message>
            <source>Use a data set with more images.</source>
            <translation>请使用图像更多的数据集。</translation>
        </message>
        <message>
            <source>The network's activation {name} is not finite on a calibration image.</source>
            <translation>网络的激活 {name} 在一张校准图像上不是有限值。</translation>
        </message>
        <message>
            <source>Check the network's weights and the preprocessing.</source>
            <translation>请检查网络的权重和预处理。</translation>
        </message>
        <message>
            <source>Calibration images are {shape}, the network takes {input_shape}.</source>
            <translation>校准图像为 {shape}，而网络接受 {input_shape}。</translation>
        </message>
        <message>
            <source>Choose a preprocessing whose image size fits the network.</source>
            <translation>请选择图像尺寸适合网络的预处理。</translation>
        </message>
        <message>
            <source>A weight of the network is not a number or infinite.</source>
            <translation>网络中有权重不是数字或为无穷大。</translation>
        </message>
        <message>
            <source>Train or export the network again.</source>
            <translation>请重新训练或导出网络。</translation>
        </message>
        <message>
            <source>Analysing weights</source>
            <translation>正在分析权重</translation>
        </message>
        <message>
            <source>A weight of layer {name} is not a number or infinite.</source>
            <translation>层 {name} 中有权重不是数字或为无穷大。</translation>
        </message>
        <message>
            <source>This network has no layer that can be quantised.</source>
            <translation>此网络没有可量化的层。</translation>
        </message>
        <message>
            <source>Leave the quantize step out.</source>
            <translation>请略去量化步骤。</translation>
        </message>
        <message>
            <source>Quantising weights to {weight_bits} bits</source>
            <translation>正在把权重量化到 {weight_bits} 位</translation>
        </message>
        <message>
            <source>{activation_bits}-bit activations need calibration.</source>
            <translation>{activation_bits} 位激活需要校准。</translation>
        </message>
        <message>
            <source>Open a data set, or set the activations to 32.</source>
            <translation>请打开数据集，或把激活设为 32 位。</translation>
        </message>
        <message>
            <source>Tuning the quantised network on labelled images</source>
            <translation>正在用带标签的图像调优量化后的网络</translation>
        </message>
        <message>
            <source>Tuning the quantised network</source>
            <translation>正在调优量化后的网络</translation>
        </message>
        <message>
            <source>The pruning mask of {name} does not fit the network.</source>
            <translation>{name} 的剪枝掩码与网络不符。</translation>
        </message>
        <message>
            <source>Prune the network again.</source>
            <translation>请重新剪枝网络。</translation>
        </message>
        <message>
            <source>Measuring how sensitive each layer is</source>
            <translation>正在测量各层的敏感度</translation>
        </message>
        <message>
            <source>Calibrating the accuracy prediction ({done} of {evaluations})</source>
            <translation>正在校准准确率预测（{done} / {evaluations}）</translation>
        </message>
        <message>
            <source>{bits} bits keep {kept} dB of the weights ({needed} dB are needed), {fewer} bits only {left} dB.</source>
            <translation>{bits} 位保持权重的 {kept} dB（需要 {needed} dB），{fewer} 位只有 {left} dB。</translation>
        </message>
        <message>
            <source>{bits} bits keep {kept} dB of the weights ({needed} dB are needed).</source>
            <translation>{bits} 位保持权重的 {kept} dB（需要 {needed} dB）。</translation>
        </message>
        <message>
            <source>Even {bits} bits keep only {kept} dB of the weights ({needed} dB are needed).</source>
            <translation>即使 {bits} 位也只保持权重的 {kept} dB（需要 {needed} dB）。</translation>
        </message>
        <message>
            <source>All weights are zero: any width will do.</source>
            <translation>所有权重均为零：任何位宽都可以。</translation>
        </message>
        <message>
            <source>First layer, {share} % of all weights: {margin} dB more are asked, for its errors reach all the others.</source>
            <translation>第一层，占全部权重的 {share} %：多要求 {margin} dB，因为它的误差会传到其他所有层。</translation>
        </message>
        <message>
            <source>Last layer, {share} % of all weights: {margin} dB more are asked, for its errors are the answer's.</source>
            <translation>最后一层，占全部权重的 {share} %：多要求 {margin} dB，因为它的误差就是输出的误差。</translation>
        </message>
        <message>
            <source>Heavy tails: excess kurtosis {kurtosis}, {outliers} % beyond {sigmas} robust sigmas.</source>
            <translation>重尾分布：超额峰度 {kurtosis}，{outliers} % 超出 {sigmas} 个稳健标准差。</translation>
        </message>
        <message>
            <source>Channel {channel} reaches {times} times as far as the median channel.</source>
            <translation>通道 {channel} 的范围是中位通道的 {times} 倍。</translation>
        </message>
        <message>
            <source>SQNR from {share} % of the channels, evenly spaced.</source>
            <translation>SQNR 由 {share} % 的通道算得，这些通道等距选取。</translation>
        </message>
        <message>
            <source>Tuning was undone: it did not help on images held out</source>
            <translation>调优已撤销：在留出的图像上没有改善</translation>
        </message>
        <message>
            <source>Tuning the quantised network diverged: the loss is no longer a finite number.</source>
            <translation>量化网络的调优已发散：损失不再是有限值。</translation>
        </message>
        <message>
            <source>Set the effort to fast, or use more bits.</source>
            <translation>请把力度设为“快”，或使用更多位数。</translation>
        </message>
        <message>
            <source>Logarithmic weights of {bits} bits do not fit: integer kernels hold the powers of two from 1 to 64.</source>
            <translation>{bits} 位的对数量化不适用：整数内核只容纳 1 到 64 的二的幂。</translation>
        </message>
        <message>
            <source>Use {logarithmic_bits} bits or fewer, or another scheme.</source>
            <translation>请使用 {logarithmic_bits} 位或更低，或另一种方案。</translation>
        </message>
        <message>
            <source>Groups need evenly spaced levels, not {scheme}.</source>
            <translation>分组需要均匀的量化级，而不是 {scheme}。</translation>
        </message>
        <message>
            <source>Set the scheme to symmetric.</source>
            <translation>请把方案设为对称。</translation>
        </message>
        <message>
            <source>a whole number</source>
            <translation>整数</translation>
        </message>
        <message>
            <source>{name} is {value}.</source>
            <translation>{name}为 {value}。</translation>
        </message>
        <message>
            <source>It must be {kind} from {low} to {high}.</source>
            <translation>它必须是 {low} 到 {high} 之间的{kind}。</translation>
        </message>
        <message>
            <source>It must be one of {choices}.</source>
            <translation>它必须是以下之一：{choices}。</translation>
        </message>
        <message>
            <source>The pruning criterion</source>
            <translation>剪枝准则</translation>
        </message>
        <message>
            <source>The pruning scope</source>
            <translation>剪枝范围</translation>
        </message>
        <message>
            <source>The pruning target</source>
            <translation>剪枝目标</translation>
        </message>
        <message>
            <source>The sparsity pattern</source>
            <translation>稀疏模式</translation>
        </message>
        <message>
            <source>The widths</source>
            <translation>宽度</translation>
        </message>
        <message>
            <source>The number of pruning steps</source>
            <translation>剪枝步数</translation>
        </message>
        <message>
            <source>The pruning schedule</source>
            <translation>剪枝日程</translation>
        </message>
        <message>
            <source>The pruning amount</source>
            <translation>剪枝量</translation>
        </message>
        <message>
            <source>The kind of pruning</source>
            <translation>剪枝类型</translation>
        </message>
        <message>
            <source>The amounts per layer name a layer twice or are not sorted.</source>
            <translation>逐层的比例重复指定了某层，或未排序。</translation>
        </message>
        <message>
            <source>Name every layer once.</source>
            <translation>请每层只指定一次。</translation>
        </message>
        <message>
            <source>The pruning amount of {name}</source>
            <translation>{name} 的剪枝量</translation>
        </message>
        <message>
            <source>The pattern {pattern} is for single weights.</source>
            <translation>模式 {pattern} 用于单个权重。</translation>
        </message>
        <message>
            <source>Set the kind to weights.</source>
            <translation>请把类型设为权重。</translation>
        </message>
        <message>
            <source>The pattern {pattern} removes {fixed} of the weights, not {amount}.</source>
            <translation>模式 {pattern} 移除 {fixed} 的权重，而不是 {amount}。</translation>
        </message>
        <message>
            <source>Set the amount to {fixed}.</source>
            <translation>请把比例设为 {fixed}。</translation>
        </message>
        <message>
            <source>Zeros in a weight save no arithmetic.</source>
            <translation>权重中的零不会减少运算量。</translation>
        </message>
        <message>
            <source>Remove channels or blocks, or count weights.</source>
            <translation>请移除通道或块，或按权重计。</translation>
        </message>
        <message>
            <source>Amounts per layer are for channels and weights.</source>
            <translation>逐层的比例用于通道和权重。</translation>
        </message>
        <message>
            <source>Leave them out, or change the kind.</source>
            <translation>请将其略去，或更改类型。</translation>
        </message>
        <message>
            <source>The recipe's step 'prune' is not understood: {data}.</source>
            <translation>无法理解配方的步骤 'prune'：{data}。</translation>
        </message>
        <message>
            <source>The scheme</source>
            <translation>方案</translation>
        </message>
        <message>
            <source>The granularity</source>
            <translation>粒度</translation>
        </message>
        <message>
            <source>The weight range</source>
            <translation>权重范围</translation>
        </message>
        <message>
            <source>The activation range</source>
            <translation>激活范围</translation>
        </message>
        <message>
            <source>The activation scheme</source>
            <translation>激活值的量化级方案</translation>
        </message>
        <message>
            <source>The rounding</source>
            <translation>舍入方式</translation>
        </message>
        <message>
            <source>The repair</source>
            <translation>校正方式</translation>
        </message>
        <message>
            <source>The effort</source>
            <translation>力度</translation>
        </message>
        <message>
            <source>The edge policy</source>
            <translation>首末层策略</translation>
        </message>
        <message>
            <source>Reduced range</source>
            <translation>缩减范围</translation>
        </message>
        <message>
            <source>The file form</source>
            <translation>文件形式</translation>
        </message>
        <message>
            <source>Learned rounding moves weights between levels that stay, and a channel's own levels do not.</source>
            <translation>学习舍入让权重在固定的量化级之间移动，而通道自己的量化级并不固定。</translation>
        </message>
        <message>
            <source>Set the rounding to auto, feedback or nearest.</source>
            <translation>请把舍入设为自动、误差反馈或最近。</translation>
        </message>
        <message>
            <source>Codebooks and trellises have one scale per output channel.</source>
            <translation>码本和网格编码在每个输出通道上只有一个缩放系数。</translation>
        </message>
        <message>
            <source>Set the granularity to channel.</source>
            <translation>请把粒度设为逐通道。</translation>
        </message>
        <message>
            <source>The quantisation method is not understood: {data}.</source>
            <translation>无法理解量化方法：{data}。</translation>
        </message>
        <message>
            <source>The weight bit width</source>
            <translation>权重位宽</translation>
        </message>
        <message>
            <source>The activation bit width</source>
            <translation>激活位宽</translation>
        </message>
        <message>
            <source>The number of tuning epochs</source>
            <translation>调优轮数</translation>
        </message>
        <message>
            <source>{activation_bits}-bit activations need weights of 8 bits or fewer, not {weight_bits}.</source>
            <translation>{activation_bits} 位激活需要 8 位或更低的权重，而不是 {weight_bits} 位。</translation>
        </message>
        <message>
            <source>Lower the weight bits, or set the activations to 32.</source>
            <translation>请降低权重位宽，或把激活设为 32 位。</translation>
        </message>
        <message>
            <source>32-bit weights are not quantised.</source>
            <translation>32 位权重不作量化。</translation>
        </message>
        <message>
            <source>Bits per layer and tuning need integer weights.</source>
            <translation>逐层位宽和调优需要整数权重。</translation>
        </message>
        <message>
            <source>Set the weight bits to 8 or fewer.</source>
            <translation>请把权重位宽设为 8 位或更低。</translation>
        </message>
        <message>
            <source>The bits per layer name a layer twice or are not sorted.</source>
            <translation>逐层位宽重复指定了某层，或未排序。</translation>
        </message>
        <message>
            <source>The bit width of {name}</source>
            <translation>{name} 的位宽</translation>
        </message>
        <message>
            <source>The recipe's step 'quantize' is not understood: {data}.</source>
            <translation>无法理解配方的步骤 'quantize'：{data}。</translation>
        </message>
        <message>
            <source>The seed</source>
            <translation>随机种子</translation>
        </message>
        <message>
            <source>A student has to be trained.</source>
            <translation>学生网络必须经过训练。</translation>
        </message>
        <message>
            <source>Give it at least one epoch of fine-tuning.</source>
            <translation>请至少给它一轮微调。</translation>
        </message>
        <message>
            <source>{activation_bits}-bit activations need weights of 8 bits or fewer, not 32.</source>
            <translation>{activation_bits} 位激活需要 8 位或更低的权重，而不是 32 位。</translation>
        </message>
        <message>
            <source>student {student} inherited</source>
            <translation>学生 {student}（继承权重）</translation>
        </message>
        <message>
            <source>The recipe is not a JSON object.</source>
            <translation>配方不是 JSON 对象。</translation>
        </message>
        <message>
            <source>The recipe has version {version}; this program reads up to {schema_version}.</source>
            <translation>配方的版本为 {version}；本程序最高支持 {schema_version}。</translation>
        </message>
        <message>
            <source>The recipe's step {key} is not understood: {value}.</source>
            <translation>无法理解配方的步骤 {key}：{value}。</translation>
        </message>
        <message>
            <source>The recipe has an unknown step {key}.</source>
            <translation>配方中有未知的步骤 {key}。</translation>
        </message>
        <message>
            <source>The recipe is not valid JSON.</source>
            <translation>配方不是有效的 JSON。</translation>
        </message>
        <message>
            <source>of MACs</source>
            <translation>按乘加运算量</translation>
        </message>
        <message>
            <source>of bytes</source>
            <translation>按字节</translation>
        </message>
        <message>
            <source>of latency</source>
            <translation>按延迟</translation>
        </message>
        <message>
            <source>per layer</source>
            <translation>逐层</translation>
        </message>
        <message>
            <source>fast widths</source>
            <translation>快速宽度</translation>
        </message>
        <message>
            <source>lr found</source>
            <translation>学习率自动查找</translation>
        </message>
        <message>
            <source>plain images</source>
            <translation>不作增强</translation>
        </message>
        <message>
            <source>teacher's labels</source>
            <translation>教师的标签</translation>
        </message>
        <message>
            <source>fixed-point activations</source>
            <translation>定点激活值</translation>
        </message>
        <message>
            <source>no repair</source>
            <translation>不校正</translation>
        </message>
        <message>
            <source>The student has no architecture.</source>
            <translation>学生网络没有指定架构。</translation>
        </message>
        <message>
            <source>Give a name, or a width such as 0.5x.</source>
            <translation>请给出名称，或 0.5x 这样的宽度。</translation>
        </message>
        <message>
            <source>The student's width</source>
            <translation>学生网络的宽度</translation>
        </message>
        <message>
            <source>The student's depth</source>
            <translation>学生网络的深度</translation>
        </message>
        <message>
            <source>Inheriting weights is {inherit}.</source>
            <translation>继承权重为 {inherit}。</translation>
        </message>
        <message>
            <source>It must be true or false.</source>
            <translation>它必须为 true 或 false。</translation>
        </message>
        <message>
            <source>The student is the network itself.</source>
            <translation>学生网络就是网络本身。</translation>
        </message>
        <message>
            <source>Choose a width other than 1, or another network.</source>
            <translation>请选择 1 以外的宽度，或另一个网络。</translation>
        </message>
        <message>
            <source>A student inherits weights only as a narrower or shallower form of the opened network.</source>
            <translation>只有作为所打开网络的更窄或更浅形式，学生网络才能继承权重。</translation>
        </message>
        <message>
            <source>Give a width or depth below 1 without a name, or let it start from random weights.</source>
            <translation>请不给名称而给出小于 1 的宽度或深度，或让它从随机权重开始。</translation>
        </message>
        <message>
            <source>The number of epochs</source>
            <translation>训练轮数</translation>
        </message>
        <message>
            <source>The batch size</source>
            <translation>批大小</translation>
        </message>
        <message>
            <source>The learning rate</source>
            <translation>学习率</translation>
        </message>
        <message>
            <source>The optimiser</source>
            <translation>优化器</translation>
        </message>
        <message>
            <source>Label smoothing</source>
            <translation>标签平滑</translation>
        </message>
        <message>
            <source>The decay of the weight average</source>
            <translation>权重平均的衰减率</translation>
        </message>
        <message>
            <source>The augmentation</source>
            <translation>数据增强</translation>
        </message>
        <message>
            <source>The state to keep</source>
            <translation>保留的状态</translation>
        </message>
        <message>
            <source>The patience</source>
            <translation>早停耐心值</translation>
        </message>
        <message>
            <source>Finding the learning rate is {find_rate}.</source>
            <translation>查找学习率为 {find_rate}。</translation>
        </message>
        <message>
            <source>The learning rate is given and to be found.</source>
            <translation>学习率既已给定，又要查找。</translation>
        </message>
        <message>
            <source>Leave one of the two out.</source>
            <translation>请去掉两者之一。</translation>
        </message>
        <message>
            <source>The temperature</source>
            <translation>温度</translation>
        </message>
        <message>
            <source>The labels</source>
            <translation>标签</translation>
        </message>
        <message>
            <source>The weight of feature matching</source>
            <translation>特征匹配的权重</translation>
        </message>
        <message>
            <source>The weight of attention transfer</source>
            <translation>注意力迁移的权重</translation>
        </message>
        <message>
            <source>The teacher is {teacher}.</source>
            <translation>教师为 {teacher}。</translation>
        </message>
        <message>
            <source>Give a path, a network's name, or self.</source>
            <translation>请给出路径、网络名称或 self。</translation>
        </message>
        <message>
            <source>A network that teaches itself knows neither the labels nor features to imitate.</source>
            <translation>自我蒸馏的网络既没有标签也没有特征可供模仿。</translation>
        </message>
        <message>
            <source>Use the data's labels, and leave feature matching and attention transfer out.</source>
            <translation>请使用数据的标签，并去掉特征匹配和注意力迁移。</translation>
        </message>
        <message>
            <source>The study has no data, which 'nnopt run' needs.</source>
            <translation>该研究没有数据，而 nnopt run 需要数据。</translation>
        </message>
        <message>
            <source>Copy the trial as Python instead.</source>
            <translation>请改为把试验复制为 Python。</translation>
        </message>
        <message>
            <source>The layer name {name} cannot be written as an option.</source>
            <translation>层名 {name} 不能写成命令行选项。</translation>
        </message>
        <message>
            <source>Measuring sensitivity needs data.</source>
            <translation>测量敏感度需要数据。</translation>
        </message>
        <message>
            <source>{selection} selection images are too few to measure sensitivity.</source>
            <translation>{selection} 张选择集图像太少，无法测量敏感度。</translation>
        </message>
        <message>
            <source>Add more data.</source>
            <translation>请添加更多数据。</translation>
        </message>
        <message>
            <source>Measuring the network on this machine</source>
            <translation>正在本机上测量网络</translation>
        </message>
        <message>
            <source>A size budget is shared out among the layers of the network as it was opened.</source>
            <translation>文件大小预算在所打开网络的各层之间分配。</translation>
        </message>
        <message>
            <source>Leave out student, pruning and fine-tuning.</source>
            <translation>请去掉学生网络、剪枝和微调。</translation>
        </message>
        <message>
            <source>Only the packed form stores weights at their bit width.</source>
            <translation>只有紧凑形式按位宽存储权重。</translation>
        </message>
        <message>
            <source>Set the form to packed.</source>
            <translation>请把形式设为紧凑。</translation>
        </message>
        <message>
            <source>{budget_bytes} bytes are too few: the smallest file of this network takes about {least} bytes.</source>
            <translation>{budget_bytes} 字节太少：此网络最小的文件约需 {least} 字节。</translation>
        </message>
        <message>
            <source>Raise the budget to at least {least} bytes, or take a student first.</source>
            <translation>请把预算提高到至少 {least} 字节，或先用学生网络。</translation>
        </message>
        <message>
            <source>The image size {size} is not usable.</source>
            <translation>图像尺寸 {size} 不可用。</translation>
        </message>
        <message>
            <source>Give a height and width from 1 to 4096.</source>
            <translation>请给出 1 到 4096 的高度和宽度。</translation>
        </message>
        <message>
            <source>{channels} image channels are not supported.</source>
            <translation>不支持 {channels} 个图像通道。</translation>
        </message>
        <message>
            <source>Images are grey (1) or RGB (3).</source>
            <translation>图像为灰度 (1) 或 RGB (3)。</translation>
        </message>
        <message>
            <source>The {word} has {values} values for {channels} channels.</source>
            <translation>{word} 有 {values} 个值，而通道有 {channels} 个。</translation>
        </message>
        <message>
            <source>A standard deviation must be positive.</source>
            <translation>标准差必须为正数。</translation>
        </message>
        <message>
            <source>The sparsity is {amount}.</source>
            <translation>稀疏度为 {amount}。</translation>
        </message>
        <message>
            <source>It must be a number from 0 to 1.</source>
            <translation>它必须是 0 到 1 之间的数。</translation>
        </message>
        <message>
            <source>Writing the model</source>
            <translation>正在写入模型</translation>
        </message>
        <message>
            <source>An ONNX file has no trainable network, so its channels cannot be pruned and it cannot be fine-tuned.</source>
            <translation>ONNX 文件中没有可训练的网络，因此不能剪枝通道，也不能微调。</translation>
        </message>
        <message>
            <source>Open the weights (.safetensors, .pth), prune single weights, or train a student.</source>
            <translation>请打开权重（.safetensors、.pth），剪枝单个权重，或训练学生网络。</translation>
        </message>
        <message>
            <source>Training and calibration need data.</source>
            <translation>训练和校准需要数据。</translation>
        </message>
        <message>
            <source>Add data, or leave the activations at 32 bits.</source>
            <translation>请添加数据，或把激活保持为 32 位。</translation>
        </message>
        <message>
            <source>There is no trainable network.</source>
            <translation>没有可训练的网络。</translation>
        </message>
        <message>
            <source>Open a weights file instead of an ONNX file.</source>
            <translation>请打开权重文件，而不是 ONNX 文件。</translation>
        </message>
        <message>
            <source>Training the student {student}</source>
            <translation>正在训练学生网络 {student}</translation>
        </message>
        <message>
            <source>Training needs data.</source>
            <translation>训练需要数据。</translation>
        </message>
        <message>
            <source>Fine-tuning</source>
            <translation>正在微调</translation>
        </message>
        <message>
            <source>Reading the ONNX graph</source>
            <translation>正在读取 ONNX 图</translation>
        </message>
        <message>
            <source>Exporting to ONNX</source>
            <translation>正在导出为 ONNX</translation>
        </message>
        <message>
            <source>the two were evaluated on different images</source>
            <translation>两者是在不同的图像上评估的</translation>
        </message>
        <message>
            <source>no image was evaluated by both</source>
            <translation>没有两者都评估过的图像</translation>
        </message>
        <message>
            <source>The predictions stored in the study are damaged.</source>
            <translation>研究中存储的预测已损坏。</translation>
        </message>
        <message>
            <source>Run the trial again.</source>
            <translation>请重新运行该试验。</translation>
        </message>
        <message>
            <source>The predictions stored in the study belong to other images.</source>
            <translation>研究中存储的预测属于其他图像。</translation>
        </message>
        <message>
            <source>The predictions are damaged.</source>
            <translation>预测已损坏。</translation>
        </message>
        <message>
            <source>The labels stored in the study are damaged.</source>
            <translation>研究中存储的标签已损坏。</translation>
        </message>
        <message>
            <source>Run the trials again.</source>
            <translation>请重新运行这些试验。</translation>
        </message>
        <message>
            <source>What is stored in the study is damaged.</source>
            <translation>研究中存储的内容已损坏。</translation>
        </message>
        <message>
            <source>An ONNX graph cannot be made narrower and trained.</source>
            <translation>ONNX 图不能变窄后再训练。</translation>
        </message>
        <message>
            <source>Choose a student by name, or open the network's weights.</source>
            <translation>请按名称选择学生网络，或打开网络的权重。</translation>
        </message>
        <message>
            <source>{title} is not known by name, so it can only be made narrower.</source>
            <translation>{title} 没有已知的名称，因此只能变窄。</translation>
        </message>
        <message>
            <source>Give a width below 1, or a student by name.</source>
            <translation>请给出小于 1 的宽度，或按名称给出学生网络。</translation>
        </message>
        <message>
            <source>The weights of {title} do not fit a student of width {width}.</source>
            <translation>{title} 的权重与宽度为 {width} 的学生网络不符。</translation>
        </message>
        <message>
            <source>Let the student start from random weights (--no-inherit), or prune channels instead.</source>
            <translation>请让学生网络从随机权重开始 (--no-inherit)，或改为剪枝通道。</translation>
        </message>
        <message>
            <source>The opened network's weights do not fit this student.</source>
            <translation>所打开网络的权重与此学生网络不符。</translation>
        </message>
        <message>
            <source>Let it start from random weights (--no-inherit).</source>
            <translation>请让它从随机权重开始 (--no-inherit)。</translation>
        </message>
        <message>
            <source>Trial {number} was not measured: it is {state}.</source>
            <translation>试验 {number} 未测量：其状态为“{state}”。</translation>
        </message>
        <message>
            <source>Choose a finished one.</source>
            <translation>请选择一个已完成的。</translation>
        </message>
        <message>
            <source>Trial {number} has no steps: it is the original.</source>
            <translation>试验 {number} 没有步骤：它就是原始模型。</translation>
        </message>
        <message>
            <source>Choose another trial.</source>
            <translation>请选择另一个试验。</translation>
        </message>
        <message>
            <source>The artifact {name} cannot be read: {strerror}.</source>
            <translation>无法读取成品 {name}：{strerror}。</translation>
        </message>
        <message>
            <source>The artifact {name} changed after it was measured.</source>
            <translation>成品 {name} 在测量后被改动。</translation>
        </message>
        <message>
            <source>The artifact is not in the study file.</source>
            <translation>成品不在研究文件中。</translation>
        </message>
        <message>
            <source>The artifact stored in the study is damaged: its SHA-256 does not match.</source>
            <translation>研究中存储的成品已损坏：其 SHA-256 不符。</translation>
        </message>
        <message>
            <source>Run the trial again; the other trials are not affected.</source>
            <translation>请重新运行该试验；其他试验不受影响。</translation>
        </message>
        <message>
            <source>The artifact cannot be written to {folder}: {strerror}.</source>
            <translation>无法把成品写入 {folder}：{strerror}。</translation>
        </message>
        <message>
            <source>Choose another folder.</source>
            <translation>请选择另一个文件夹。</translation>
        </message>
        <message>
            <source>Trials {number} and {number2} cannot be paired: {error}.</source>
            <translation>试验 {number} 和 {number2} 不能配对：{error}。</translation>
        </message>
        <message>
            <source>Run both on the same data.</source>
            <translation>请在相同的数据上运行两者。</translation>
        </message>
        <message>
            <source>not comparable: another {other}</source>
            <translation>不可比较：{other} 不同</translation>
        </message>
        <message>
            <source>no difference: intervals overlap</source>
            <translation>无差别：区间重叠</translation>
        </message>
        <message>
            <source>the machine was busy</source>
            <translation>机器当时繁忙</translation>
        </message>
        <message>
            <source>predictions are not stored, so the two cannot be paired</source>
            <translation>没有存储预测，因此两者不能配对</translation>
        </message>
        <message>
            <source>exact McNemar p = {p_value}</source>
            <translation>精确 McNemar 检验 p = {p_value}</translation>
        </message>
        <message>
            <source>exact McNemar p = {p_value}, A measured in {first} and B in {second}</source>
            <translation>精确 McNemar p = {p_value}，A 在 {first} 中测量，B 在 {second} 中测量</translation>
        </message>
        <message>
            <source>class {label} and class {label2}</source>
            <translation>类别 {label} 和类别 {label2}</translation>
        </message>
        <message>
            <source>Worst class</source>
            <translation>最差类别</translation>
        </message>
        <message>
            <source>The original</source>
            <translation>原始模型</translation>
        </message>
        <message>
            <source>one of them</source>
            <translation>其中之一</translation>
        </message>
        <message>
            <source>Undecided: the predictions of {lower} are not stored. Run it again to compare.</source>
            <translation>尚无定论：没有存储{lower}的预测。请重新运行以作比较。</translation>
        </message>
        <message>
            <source>{better} is better: {difference} pp more accurate than {lower} (95 %: {ends} to {ends2}) on the same {n} images, p = {p_value}.</source>
            <translation>{better}更好：在相同的 {n} 张图像上，比{lower}准确 {difference} 个百分点（95 %：{ends} 到 {ends2}），p = {p_value}。</translation>
        </message>
        <message>
            <source>{both}: {broken} lost, {mended} gained, p = {p_value}</source>
            <translation>{both}：{broken} 张变错，{mended} 张变对，p = {p_value}</translation>
        </message>
        <message>
            <source>{both} are right on the very same ones</source>
            <translation>{both}答对的完全相同</translation>
        </message>
        <message>
            <source>Not distinguishable on these {n} images. {found}; the difference lies between {low} and {high} pp.</source>
            <translation>在这 {n} 张图像上无法区分。{found}；差值在 {low} 到 {high} 个百分点之间。</translation>
        </message>
        <message>
            <source>If it is as it seems, about {images_needed} images would tell.</source>
            <translation>如果真如所见，约需 {images_needed} 张图像才能区分。</translation>
        </message>
        <message>
            <source>Trial {number} cannot be confirmed.</source>
            <translation>不能确认试验 {number}。</translation>
        </message>
        <message>
            <source>Choose a finished trial; the original comes with it.</source>
            <translation>请选择一个已完成的试验；原始模型会一并确认。</translation>
        </message>
        <message>
            <source>The test split was opened already, for trial {others}.</source>
            <translation>测试集已经为试验 {others} 打开过。</translation>
        </message>
        <message>
            <source>A second look makes its numbers a choice like any other. If you must, say so (--again); it is recorded and stays visible in this study.</source>
            <translation>再看一次，其数字就与其他选择无异。如果必须如此，请明确指定 (--again)；这会记录在案，并一直显示在此研究中。</translation>
        </message>
        <message>
            <source>No test image could be evaluated.</source>
            <translation>没有测试图像能够评估。</translation>
        </message>
        <message>
            <source>Check the data set; the opening stays on record.</source>
            <translation>请检查数据集；打开测试集一事已记录在案。</translation>
        </message>
        <message>
            <source>{opened} for trial {trial}</source>
            <translation>{opened}，为试验 {trial}</translation>
        </message>
        <message>
            <source>{opened} for trial {trial} (not finished)</source>
            <translation>{opened}，为试验 {trial}（未完成）</translation>
        </message>
        <message>
            <source>The test split was opened once: {looks}.</source>
            <translation>测试集打开过一次：{looks}。</translation>
        </message>
        <message>
            <source>The test split was opened {looks} times: {looks2}.</source>
            <translation>测试集打开过 {looks} 次：{looks2}。</translation>
        </message>
        <message>
            <source>Whatever was chosen after the first look may owe something to it.</source>
            <translation>第一次查看之后所作的选择可能受其影响。</translation>
        </message>
        <message>
            <source>The study {name} cannot be used: {strerror}.</source>
            <translation>无法使用研究 {name}：{strerror}。</translation>
        </message>
        <message>
            <source>The study {name} cannot be written: the disk is full.</source>
            <translation>无法写入研究 {name}：磁盘已满。</translation>
        </message>
        <message>
            <source>Free some space.</source>
            <translation>请腾出一些空间。</translation>
        </message>
        <message>
            <source>The study {name} cannot be accessed ({text}).</source>
            <translation>无法访问研究 {name}（{text}）。</translation>
        </message>
        <message>
            <source>Check the folder, or save the study in another place.</source>
            <translation>请检查文件夹，或把研究存到别处。</translation>
        </message>
        <message>
            <source>The study {name} is in use by another program.</source>
            <translation>研究 {name} 正被另一程序使用。</translation>
        </message>
        <message>
            <source>Close it there.</source>
            <translation>请在那里关闭它。</translation>
        </message>
        <message>
            <source>The study {name} is damaged ({text}).</source>
            <translation>研究 {name} 已损坏（{text}）。</translation>
        </message>
        <message>
            <source>Use a backup copy of the file.</source>
            <translation>请使用该文件的备份。</translation>
        </message>
        <message>
            <source>There is no study {path}.</source>
            <translation>没有研究 {path}。</translation>
        </message>
        <message>
            <source>Check the name, or create a new study.</source>
            <translation>请检查名称，或新建研究。</translation>
        </message>
        <message>
            <source>{path} is not a file.</source>
            <translation>{path} 不是文件。</translation>
        </message>
        <message>
            <source>Choose a .nnopt file.</source>
            <translation>请选择 .nnopt 文件。</translation>
        </message>
        <message>
            <source>{name} is not a study.</source>
            <translation>{name} 不是研究。</translation>
        </message>
        <message>
            <source>Choose a .nnopt file that this program wrote.</source>
            <translation>请选择由本程序写入的 .nnopt 文件。</translation>
        </message>
        <message>
            <source>{name} is a database, but not a study.</source>
            <translation>{name} 是数据库，但不是研究。</translation>
        </message>
        <message>
            <source>{name} is not a study that this program wrote, or was tampered with.</source>
            <translation>{name} 不是由本程序写入的研究，或被篡改过。</translation>
        </message>
        <message>
            <source>{name} was written by a newer version.</source>
            <translation>{name} 由更新的版本写入。</translation>
        </message>
        <message>
            <source>Update nnopt-gui to open it.</source>
            <translation>请更新 nnopt-gui 再打开它。</translation>
        </message>
        <message>
            <source>{path} exists already.</source>
            <translation>{path} 已存在。</translation>
        </message>
        <message>
            <source>Open it, or choose another name.</source>
            <translation>请打开它，或换一个名称。</translation>
        </message>
        <message>
            <source>{name} is open in another window (process {pid}).</source>
            <translation>{name} 已在另一窗口中打开（进程 {pid}）。</translation>
        </message>
        <message>
            <source>Choose another name.</source>
            <translation>请换一个名称。</translation>
        </message>
        <message>
            <source>The sampler gp needs {missing}, which cannot be imported here.</source>
            <translation>采样器 gp 需要 {missing}，而这里无法导入。</translation>
        </message>
        <message>
            <source>Install {missing}, or use --sampler auto.</source>
            <translation>请安装 {missing}，或使用 --sampler auto。</translation>
        </message>
        <message>
            <source>accuracy drop</source>
            <translation>准确率下降</translation>
        </message>
        <message>
            <source>size in bytes</source>
            <translation>大小（字节）</translation>
        </message>
        <message>
            <source>latency in ms</source>
            <translation>延迟（毫秒）</translation>
        </message>
        <message>
            <source>{url} already has a study named {name}.</source>
            <translation>{url} 中已有名为 {name} 的研究。</translation>
        </message>
        <message>
            <source>Choose another storage.</source>
            <translation>请选择另一存储。</translation>
        </message>
        <message>
            <source>The study cannot be written to {url}.</source>
            <translation>无法把研究写入 {url}。</translation>
        </message>
        <message>
            <source>Give a URL such as sqlite:///study.db.</source>
            <translation>请给出 sqlite:///study.db 这样的 URL。</translation>
        </message>
        <message>
            <source>The predictions stored in the study are damaged: their SHA-256 does not match.</source>
            <translation>研究中存储的预测已损坏：其 SHA-256 不符。</translation>
        </message>
        <message>
            <source>Columns or keys: label, source, network, data, conditions, and at least two of accuracy, agreement (percent), accuracy_drop (percentage points), size_bytes, macs, params.</source>
            <translation>列或键：label、source、network、data、conditions，以及至少两项：accuracy、agreement（百分比）、accuracy_drop（百分点）、size_bytes、macs、params。</translation>
        </message>
        <message>
            <source>{name} is larger than a megabyte.</source>
            <translation>{name} 大于 1 MB。</translation>
        </message>
        <message>
            <source>Published results are a few lines of text.</source>
            <translation>已发表的结果只是几行文本。</translation>
        </message>
        <message>
            <source>{name} could not be read: {strerror}.</source>
            <translation>无法读取 {name}：{strerror}。</translation>
        </message>
        <message>
            <source>Choose another file.</source>
            <translation>请选择其他文件。</translation>
        </message>
        <message>
            <source>{name} is neither CSV nor JSON of published results.</source>
            <translation>{name} 既不是已发表结果的 CSV，也不是 JSON。</translation>
        </message>
        <message>
            <source>{name} holds {rows} results, not 1 to {max_results}.</source>
            <translation>{name} 含有 {rows} 个结果，而不是 1 到 {max_results} 个。</translation>
        </message>
        <message>
            <source>Result {place} of {name} has a text of more than {max_text} characters.</source>
            <translation>{name} 的第 {place} 个结果含有超过 {max_text} 个字符的文本。</translation>
        </message>
        <message>
            <source>Result {place} of {name} has fewer than two numbers to be drawn at.</source>
            <translation>{name} 的第 {place} 个结果可供绘制的数值不足两个。</translation>
        </message>
        <message>
            <source>Result {place} of {name}: {key} is {raw}.</source>
            <translation>{name} 的第 {place} 个结果：{key} 为 {raw}。</translation>
        </message>
        <message>
            <source>It has to be {low} to {high} ({unit}).</source>
            <translation>它必须在 {low} 到 {high} 之间（{unit}）。</translation>
        </message>
        <message>
            <source>A search needs the original's accuracy.</source>
            <translation>搜索需要原始模型的准确率。</translation>
        </message>
        <message>
            <source>Name a data set.</source>
            <translation>请给出数据集。</translation>
        </message>
        <message>
            <source>The sampler is {sampler}.</source>
            <translation>采样器为 {sampler}。</translation>
        </message>
        <message>
            <source>Choose from {samplers}.</source>
            <translation>请从 {samplers} 中选择。</translation>
        </message>
        <message>
            <source>; {remaining} others would be too large</source>
            <translation>；另有 {remaining} 个会超出大小预算</translation>
        </message>
        <message>
            <source>Every recipe of the space that can keep the budgets is measured{over}.</source>
            <translation>搜索空间中所有能满足预算的配方都已测量{over}。</translation>
        </message>
        <message>
            <source>The last {patience} trials gained nothing beyond noise, and no recipe left promises more.</source>
            <translation>最近 {patience} 个试验没有超出误差的改进，剩下的配方也没有更好的希望。</translation>
        </message>
        <message>
            <source>proposed by the sampler</source>
            <translation>由采样器提出</translation>
        </message>
        <message>
            <source>to see the whole space</source>
            <translation>为了解整个空间</translation>
        </message>
        <message>
            <source>most likely to keep the budgets</source>
            <translation>最可能满足预算</translation>
        </message>
        <message>
            <source>expected gain {best} of the front's volume</source>
            <translation>预期改进为前沿体积的 {best}</translation>
        </message>
        <message>
            <source>The objectives are {objectives}.</source>
            <translation>目标为 {objectives}。</translation>
        </message>
        <message>
            <source>The objectives are empty.</source>
            <translation>没有指定目标。</translation>
        </message>
        <message>
            <source>size budget</source>
            <translation>大小预算</translation>
        </message>
        <message>
            <source>latency budget</source>
            <translation>延迟预算</translation>
        </message>
        <message>
            <source>least accuracy</source>
            <translation>最低准确率</translation>
        </message>
        <message>
            <source>largest drop</source>
            <translation>最大下降</translation>
        </message>
        <message>
            <source>The {title} is {value}.</source>
            <translation>{title}为 {value}。</translation>
        </message>
        <message>
            <source>Give a share between 0 and 1, or a positive number.</source>
            <translation>请给出 0 到 1 之间的比例，或正数。</translation>
        </message>
        <message>
            <source>The search has no stops for {value}.</source>
            <translation>搜索没有 {value} 的取值。</translation>
        </message>
        <message>
            <source>Give at least one.</source>
            <translation>请至少给出一个。</translation>
        </message>
        <message>
            <source>The search space has {size} combinations.</source>
            <translation>搜索空间有 {size} 种组合。</translation>
        </message>
        <message>
            <source>Choose fewer stops: at most {max_candidates}.</source>
            <translation>请减少取值：最多 {max_candidates} 种。</translation>
        </message>
        <message>
            <source>weight bit width</source>
            <translation>权重位宽</translation>
        </message>
        <message>
            <source>activation bit width</source>
            <translation>激活位宽</translation>
        </message>
        <message>
            <source>The search space has no valid recipe.</source>
            <translation>搜索空间中没有有效的配方。</translation>
        </message>
        <message>
            <source>Add a bit width below 32, or pruning.</source>
            <translation>请添加低于 32 的位宽，或剪枝。</translation>
        </message>
        <message>
            <source>A number that is not finite cannot be stored in the study.</source>
            <translation>不是有限值的数不能存入研究。</translation>
        </message>
        <message>
            <source>The {what} stored in the study is damaged.</source>
            <translation>研究中存储的{what}已损坏。</translation>
        </message>
        <message>
            <source>The study has no trial {number}.</source>
            <translation>研究中没有试验 {number}。</translation>
        </message>
        <message>
            <source>It has {known}.</source>
            <translation>其中有 {known}。</translation>
        </message>
        <message>
            <source>It has no trials.</source>
            <translation>其中没有试验。</translation>
        </message>
        <message>
            <source>Trial {number} cannot be read: the study was closed.</source>
            <translation>无法读取试验 {number}：研究已关闭。</translation>
        </message>
        <message>
            <source>The study already has a trial {number}.</source>
            <translation>研究中已有试验 {number}。</translation>
        </message>
        <message>
            <source>Trial {number} has no artifact.</source>
            <translation>试验 {number} 没有成品。</translation>
        </message>
        <message>
            <source>Run it again.</source>
            <translation>请重新运行。</translation>
        </message>
        <message>
            <source>it is read beside its writer</source>
            <translation>正由另一线程写入</translation>
        </message>
        <message>
            <source>it was asked for</source>
            <translation>按要求以只读方式打开</translation>
        </message>
        <message>
            <source>the file or its folder cannot be written</source>
            <translation>该文件或其文件夹不可写</translation>
        </message>
        <message>
            <source>it was written by a newer version of nnopt-gui</source>
            <translation>它由更新版本的 nnopt-gui 写入</translation>
        </message>
        <message>
            <source>it is open in another window (process {pid})</source>
            <translation>它已在另一窗口中打开（进程 {pid}）</translation>
        </message>
        <message>
            <source>The copy cannot be written: {read_only_reason}.</source>
            <translation>无法写入副本：{read_only_reason}。</translation>
        </message>
        <message>
            <source>Choose another place.</source>
            <translation>请选择另一位置。</translation>
        </message>
        <message>
            <source>The study {name} is open read-only: {reason}.</source>
            <translation>研究 {name} 以只读方式打开：{reason}。</translation>
        </message>
        <message>
            <source>The study {name} is open read-only: it was closed.</source>
            <translation>研究 {name} 以只读方式打开：它已关闭。</translation>
        </message>
        <message>
            <source>Save it under another name to keep the changes.</source>
            <translation>请另存为其他名称以保留更改。</translation>
        </message>
        <message>
            <source>The program ended while this trial was running.</source>
            <translation>程序在此试验运行时结束了。</translation>
        </message>
        <message>
            <source>it is of an older version, of which no copy could be kept ({error})</source>
            <translation>它来自较旧的版本，且无法为其保留副本（{error}）</translation>
        </message>
        <message>
            <source>The study {name} is damaged: it does not say which model it is about.</source>
            <translation>研究 {name} 已损坏：其中没有说明是关于哪个模型的。</translation>
        </message>
        <message>
            <source>The trial {number} is not in the study file.</source>
            <translation>研究文件中没有试验 {number}。</translation>
        </message>
        <message>
            <source>The {what} stored in the study is damaged: its SHA-256 does not match.</source>
            <translation>研究中存储的{what}已损坏：其 SHA-256 不符。</translation>
        </message>
        <message>
            <source>The trial {number} stored in the study is damaged.</source>
            <translation>研究中存储的试验 {number} 已损坏。</translation>
        </message>
        <message>
            <source>The sweep has no valid combination.</source>
            <translation>扫描中没有有效的组合。</translation>
        </message>
        <message>
            <source>Add a bit width below 32, a pruning amount or epochs.</source>
            <translation>请添加低于 32 的位宽、剪枝量或训练轮数。</translation>
        </message>
        <message>
            <source>The sweep has {size} combinations.</source>
            <translation>扫描有 {size} 种组合。</translation>
        </message>
        <message>
            <source>The weight bit width is {bits}.</source>
            <translation>权重位宽为 {bits}。</translation>
        </message>
        <message>
            <source>The activation bit widths are not usable.</source>
            <translation>激活位宽不可用。</translation>
        </message>
        <message>
            <source>The order is {order}.</source>
            <translation>顺序为 {order}。</translation>
        </message>
        <message>
            <source>A sweep of {count} trials is empty.</source>
            <translation>{count} 个试验的扫描是空的。</translation>
        </message>
        <message>
            <source>Ask for at least one.</source>
            <translation>请至少要求一个。</translation>
        </message>
        <message>
            <source>A trial has the number {number}.</source>
            <translation>有试验的编号为 {number}。</translation>
        </message>
        <message>
            <source>Trial {number} names its artifact by something that is not a SHA-256.</source>
            <translation>试验 {number} 用来指代成品的不是 SHA-256。</translation>
        </message>
        <message>
            <source>Trial {number} names its predictions by something that is not a SHA-256.</source>
            <translation>试验 {number} 用来指代预测的不是 SHA-256。</translation>
        </message>
        <message>
            <source>The note is too long.</source>
            <translation>备注太长。</translation>
        </message>
        <message>
            <source>Keep it under {max_note_characters} characters.</source>
            <translation>请控制在 {max_note_characters} 个字符以内。</translation>
        </message>
        <message>
            <source>{text} is not a target.</source>
            <translation>{text} 不是可用的目标。</translation>
        </message>
        <message>
            <source>Give onnxruntime, onnxruntime:PROVIDER, openvino or torch; 'nnopt info' lists those that are there.</source>
            <translation>请给出 onnxruntime、onnxruntime:PROVIDER、openvino 或 torch；'nnopt info' 会列出可用的目标。</translation>
        </message>
        <message>
            <source>Batch sizes {batches} are not possible.</source>
            <translation>批量大小 {batches} 不可用。</translation>
        </message>
        <message>
            <source>Give up to {max_batches} sizes from 2 to {max_batch}; batch 1 is always measured.</source>
            <translation>请给出最多 {max_batches} 个 2 到 {max_batch} 之间的大小；批量 1 总会测量。</translation>
        </message>
        <message>
            <source>The teacher knows {shape} classes and the student {shape2}.</source>
            <translation>教师有 {shape} 个类别，而学生有 {shape2} 个。</translation>
        </message>
        <message>
            <source>Give both the same number of classes.</source>
            <translation>请让两者的类别数相同。</translation>
        </message>
        <message>
            <source>The teacher knows one class only, so its answers teach nothing.</source>
            <translation>教师只有一个类别，因此它的输出没有可教的内容。</translation>
        </message>
        <message>
            <source>Train on labels alone.</source>
            <translation>请只用标签训练。</translation>
        </message>
        <message>
            <source>The teacher's answers are not finite.</source>
            <translation>教师的输出不是有限值。</translation>
        </message>
        <message>
            <source>Check its weights, or choose another teacher.</source>
            <translation>请检查其权重，或选择另一教师。</translation>
        </message>
        <message>
            <source>At temperature {temperature} the teacher's answers over {classes} classes are all equal but for {entropy} of their entropy (its logits spread by {spread}): there is nothing to learn from them.</source>
            <translation>在温度 {temperature} 下，教师对 {classes} 个类别的输出几乎完全相同，与均匀分布的熵只差 {entropy}（其 logits 的幅度为 {spread}）：没有可学的内容。</translation>
        </message>
        <message>
            <source>Lower the temperature, or choose a teacher that has been trained.</source>
            <translation>请降低温度，或选择经过训练的教师。</translation>
        </message>
        <message>
            <source>There is no teacher to distil from.</source>
            <translation>没有可供蒸馏的教师。</translation>
        </message>
        <message>
            <source>Open a trained network, or switch distillation off.</source>
            <translation>请打开训练过的网络，或关闭蒸馏。</translation>
        </message>
        <message>
            <source>The teacher wants images of {channels}×{size}×{size2}, the student gets {channels2}×{size3}×{size4}.</source>
            <translation>教师需要 {channels}×{size}×{size2} 的图像，而学生得到的是 {channels2}×{size3}×{size4}。</translation>
        </message>
        <message>
            <source>Choose a teacher for the same images.</source>
            <translation>请选择使用相同图像的教师。</translation>
        </message>
        <message>
            <source>ONNX Runtime cannot run the teacher.</source>
            <translation>ONNX Runtime 无法运行教师网络。</translation>
        </message>
        <message>
            <source>The {who} has no feature maps of more than one pixel, so there is nothing to match.</source>
            <translation>{who}没有大于一个像素的特征图，因此没有可匹配的内容。</translation>
        </message>
        <message>
            <source>Set the weights of feature matching and attention transfer to 0.</source>
            <translation>请把特征匹配和注意力迁移的权重设为 0。</translation>
        </message>
        <message>
            <source>There are no training images.</source>
            <translation>没有训练图像。</translation>
        </message>
        <message>
            <source>Add images, or leave training out.</source>
            <translation>请添加图像，或去掉训练。</translation>
        </message>
        <message>
            <source>Choosing the best epoch needs a selection split.</source>
            <translation>选择最佳轮需要选择集。</translation>
        </message>
        <message>
            <source>Keep the last epoch, and switch the patience off.</source>
            <translation>请保留最后一轮，并关闭早停。</translation>
        </message>
        <message>
            <source>Finding a learning rate</source>
            <translation>正在查找学习率</translation>
        </message>
        <message>
            <source>Distillation needs a teacher and its settings.</source>
            <translation>蒸馏需要教师及其设置。</translation>
        </message>
        <message>
            <source>Give both, or neither.</source>
            <translation>请两者都给出，或都不给。</translation>
        </message>
        <message>
            <source>An ONNX teacher shows its answers only, not its feature maps.</source>
            <translation>ONNX 教师只提供输出，不提供特征图。</translation>
        </message>
        <message>
            <source>Open a teacher with torch weights, or leave feature matching and attention transfer out.</source>
            <translation>请打开带 torch 权重的教师，或去掉特征匹配和注意力迁移。</translation>
        </message>
        <message>
            <source>The loss is not finite even at the lowest learning rate.</source>
            <translation>即使在最低的学习率下，损失也不是有限值。</translation>
        </message>
        <message>
            <source>Check the weights and the data of the network.</source>
            <translation>请检查网络的权重和数据。</translation>
        </message>
        <message>
            <source>{steps} steps from random weights are too few to learn softened answers: temperature 1 was used</source>
            <translation>从随机权重开始仅训练 {steps} 步，不足以学习软化后的输出：已采用温度 1</translation>
        </message>
        <message>
            <source>Opening the teacher {location}</source>
            <translation>正在打开教师网络 {location}</translation>
        </message>
        <message>
            <source>The teacher {title} knows {classes} classes, the data have {classes2}.</source>
            <translation>教师 {title} 有 {classes} 个类别，而数据有 {classes2} 个。</translation>
        </message>
        <message>
            <source>Choose a teacher for the same classes.</source>
            <translation>请选择类别相同的教师。</translation>
        </message>
        <message>
            <source>Training the teacher {title}</source>
            <translation>正在训练教师网络 {title}</translation>
        </message>
        <message>
            <source>The teacher {title} takes images of {channels}×{height}×{width}, not {channels2}×{size}×{size2}.</source>
            <translation>教师 {title} 接受 {channels}×{height}×{width} 的图像，而不是 {channels2}×{size}×{size2}。</translation>
        </message>
        <message>
            <source>Training diverged: after {step} steps the loss is no longer a finite number.</source>
            <translation>训练已发散：{step} 步之后损失不再是有限值。</translation>
        </message>
        <message>
            <source>Use a learning rate below {learning_rate}, or check the weights and the data.</source>
            <translation>请使用低于 {learning_rate} 的学习率，或检查权重和数据。</translation>
        </message>
        <message>
            <source>Layer {name} has no weights to keep at zero.</source>
            <translation>层 {name} 没有要保持为零的权重。</translation>
        </message>
        <message>
            <source>The data have a class {max}, and the network's outputs have shape {shape}.</source>
            <translation>数据中有类别 {max}，而网络输出的形状为 {shape}。</translation>
        </message>
        <message>
            <source>Open a network with as many outputs as there are classes.</source>
            <translation>请打开输出数与类别数相同的网络。</translation>
        </message>
        <message>
            <source>Test split: measuring the {name}</source>
            <translation>测试集：正在测量{name}</translation>
        </message>
        <message>
            <source>The artifact was saved without data.</source>
            <translation>该成品保存时没有数据。</translation>
        </message>
        <message>
            <source>Name the data with --data.</source>
            <translation>请用 --data 给出数据。</translation>
        </message>
        <message>
            <source>The model tells {classes} classes apart, the data have {classes2}.</source>
            <translation>模型区分 {classes} 个类别，而数据有 {classes2} 个。</translation>
        </message>
        <message>
            <source>{folder} changed while it was measured.</source>
            <translation>{folder} 在测量期间发生了变化。</translation>
        </message>
        <message>
            <source>Verify it again.</source>
            <translation>请重新验证。</translation>
        </message>
        <message>
            <source>Codebooks have no exact zero for pruned weights.</source>
            <translation>码本没有剪枝权重所需的精确零值。</translation>
        </message>
        <message>
            <source>Prune channels instead, or set the scheme to auto.</source>
            <translation>请改为剪枝通道，或把方案设为自动。</translation>
        </message>
        <message>
            <source>A trellis has no exact zero for pruned weights.</source>
            <translation>网格编码没有剪枝权重所需的精确零值。</translation>
        </message>
        <message>
            <source>No trellis fits here.</source>
            <translation>这里用不了网格编码。</translation>
        </message>
        <message>
            <source>It takes 2 or 3 bits, the packed form, and layers of {least_stream} channels or more; or set the scheme to auto.</source>
            <translation>它需要 2 或 3 位、紧凑格式，以及至少 {least_stream} 个通道的层；或把方案设为自动。</translation>
        </message>
        <message>
            <source>No codebook pays for itself here.</source>
            <translation>这里使用任何码本都不划算。</translation>
        </message>
        <message>
            <source>Use 1 to 4 bits in the packed form, or set the scheme to auto.</source>
            <translation>请在紧凑形式中使用 1 到 4 位，或把方案设为自动。</translation>
        </message>
        <message>
            <source>The recipe gives bits to a layer that this network does not have: {unknown}.</source>
            <translation>配方为此网络中不存在的层指定了位宽：{unknown}。</translation>
        </message>
        <message>
            <source>nnopt inspect lists the layers.</source>
            <translation>用 nnopt inspect 可列出各层。</translation>
        </message>
        <message>
            <source>access violation</source>
            <translation>访问冲突</translation>
        </message>
        <message>
            <source>stack overflow</source>
            <translation>栈溢出</translation>
        </message>
        <message>
            <source>Finished trials are kept. The engine starts again; run the job again if you like.</source>
            <translation>已完成的试验都已保留。引擎会重新启动；需要时请重新运行该任务。</translation>
        </message>
        <message>
            <source>The engine broke the connection.</source>
            <translation>引擎断开了连接。</translation>
        </message>
        <message>
            <source>The engine was killed (SIGKILL): by the system because memory ran out, or by somebody.</source>
            <translation>引擎被终止 (SIGKILL)：因内存耗尽由系统终止，或由他人终止。</translation>
        </message>
        <message>
            <source>Finished trials are kept. Close other programs, or take a smaller network, image size or batch.</source>
            <translation>已完成的试验都已保留。请关闭其他程序，或使用更小的网络、图像尺寸或批大小。</translation>
        </message>
        <message>
            <source>The engine crashed ({name}: {code}).</source>
            <translation>引擎崩溃（{name}：{code}）。</translation>
        </message>
        <message>
            <source>The engine crashed ({name}).</source>
            <translation>引擎崩溃（{name}）。</translation>
        </message>
        <message>
            <source>The engine ended unexpectedly with exit code {code}.</source>
            <translation>引擎意外结束，退出代码为 {code}。</translation>
        </message>
        <message>
            <source>For {workers_limit_s} s there was no worker.</source>
            <translation>在 {workers_limit_s} 秒内没有工作节点。</translation>
        </message>
        <message>
            <source>Start some with 'dask worker ADDRESS'. Finished trials are kept; run the same command again.</source>
            <translation>请用“dask worker ADDRESS”启动一些。已完成的试验都已保留；请再次运行相同的命令。</translation>
        </message>
        <message>
            <source>The worker {worker} is gone.</source>
            <translation>工作节点 {worker} 已离开。</translation>
        </message>
        <message>
            <source>the worker {worker} went away</source>
            <translation>工作节点 {worker} 离开了</translation>
        </message>
        <message>
            <source>The worker {worker} does not answer.</source>
            <translation>工作节点 {worker} 没有应答。</translation>
        </message>
        <message>
            <source>the worker {worker} gave no sign of life</source>
            <translation>工作节点 {worker} 没有任何响应</translation>
        </message>
        <message>
            <source>Several workers share the machine {worker}: its latencies are measured while others work there. One worker for each machine measures best.</source>
            <translation>多个工作节点共用机器 {worker}：测量其延迟时还有其他任务在运行。每台机器一个工作节点，测量最准。</translation>
        </message>
        <message>
            <source>Files cannot be sent there: {error}.</source>
            <translation>无法向那里发送文件：{error}。</translation>
        </message>
        <message>
            <source>Check its disk and network.</source>
            <translation>请检查其磁盘和网络。</translation>
        </message>
        <message>
            <source>The worker {worker} gets no trials. {error}</source>
            <translation>工作节点 {worker} 不会分到试验。{error}</translation>
        </message>
        <message>
            <source>Sending the files to the workers</source>
            <translation>正在向工作节点发送文件</translation>
        </message>
        <message>
            <source>Waiting for workers</source>
            <translation>正在等待工作节点</translation>
        </message>
        <message>
            <source>{running} trials are running, {done} of {total} are done</source>
            <translation>{running} 个试验正在运行，已完成 {done} / {total} 个</translation>
        </message>
        <message>
            <source>its result did not arrive from the worker {worker}: {error}</source>
            <translation>它的结果没有从工作节点 {worker} 送达：{error}</translation>
        </message>
        <message>
            <source>It is closing.</source>
            <translation>它正在关闭。</translation>
        </message>
        <message>
            <source>on the worker {worker}: {value}</source>
            <translation>在工作节点 {worker} 上：{value}</translation>
        </message>
        <message>
            <source>The artifact was damaged on its way.</source>
            <translation>成品在传输中损坏。</translation>
        </message>
        <message>
            <source>A trial is tried again: {reason}.</source>
            <translation>正在重试一个试验：{reason}。</translation>
        </message>
        <message>
            <source>The trial was lost {attempts} times; the last time, {reason}.</source>
            <translation>该试验丢失了 {attempts} 次；最近一次的原因：{reason}。</translation>
        </message>
        <message>
            <source>See the worker's log; a machine with more memory may help.</source>
            <translation>请查看工作节点的日志；换一台内存更大的机器可能会有帮助。</translation>
        </message>
        <message>
            <source>unknown machine</source>
            <translation>未知机器</translation>
        </message>
        <message>
            <source>The worker {worker} is ready, with {count} thread ({machine}).</source>
            <translation>工作节点 {worker} 已就绪，有 {count} 个线程（{machine}）。</translation>
        </message>
        <message>
            <source>The worker {worker} is ready, with {count} threads ({machine}).</source>
            <translation>工作节点 {worker} 已就绪，有 {count} 个线程（{machine}）。</translation>
        </message>
        <message>
            <source>{ready} The original takes {p50} ms there.</source>
            <translation>{ready}原始模型在那里需要 {p50} ms。</translation>
        </message>
        <message>
            <source>The Dask scheduler at {address} cannot be reached: {error}</source>
            <translation>无法连接 {address} 处的 Dask 调度器：{error}</translation>
        </message>
        <message>
            <source>Start it with 'dask scheduler', and workers with 'dask worker ADDRESS'; check address and network.</source>
            <translation>请用“dask scheduler”启动它，用“dask worker ADDRESS”启动工作节点；并检查地址和网络。</translation>
        </message>
        <message>
            <source>The cluster at {address} cannot run trials: {error}</source>
            <translation>{address} 处的集群不能运行试验：{error}</translation>
        </message>
        <message>
            <source>Install nnopt-gui[cluster] {version} and the same version of distributed there, too.</source>
            <translation>请在那里也安装 nnopt-gui[cluster] {version} 和相同版本的 distributed。</translation>
        </message>
        <message>
            <source>The Dask scheduler at {address} does not answer any more.</source>
            <translation>{address} 处的 Dask 调度器不再应答。</translation>
        </message>
        <message>
            <source>Finished trials are kept. Start it again and run the same command.</source>
            <translation>已完成的试验都已保留。请重新启动它，再运行相同的命令。</translation>
        </message>
        <message>
            <source>The worker {worker} cannot run trials: {error}.</source>
            <translation>工作节点 {worker} 不能运行试验：{error}。</translation>
        </message>
        <message>
            <source>Install nnopt-gui[cluster] {version} there.</source>
            <translation>请在那里安装 nnopt-gui[cluster] {version}。</translation>
        </message>
        <message>
            <source>The worker {worker} has nnopt {version}, not {version2}.</source>
            <translation>工作节点 {worker} 的 nnopt 版本是 {version}，不是 {version2}。</translation>
        </message>
        <message>
            <source>Install the same.</source>
            <translation>请安装相同的版本。</translation>
        </message>
        <message>
            <source>{location} has more than {most_bytes} GB, and the worker {worker} does not have it.</source>
            <translation>{location} 超过 {most_bytes} GB，而工作节点 {worker} 上没有它。</translation>
        </message>
        <message>
            <source>Put it there under the same path: {folder}.</source>
            <translation>请以相同的路径放在那里：{folder}。</translation>
        </message>
        <message>
            <source>{location} changed while it was copied to {worker}.</source>
            <translation>{location} 在复制到 {worker} 的过程中发生了变化。</translation>
        </message>
        <message>
            <source>Run again.</source>
            <translation>请重新运行。</translation>
        </message>
        <message>
            <source>Running on a cluster needs Dask's scheduler, and {name} is not installed.</source>
            <translation>在集群上运行需要 Dask 调度器，而 {name} 未安装。</translation>
        </message>
        <message>
            <source>Install it with: pip install 'nnopt-gui[cluster]'</source>
            <translation>安装方法：pip install 'nnopt-gui[cluster]'</translation>
        </message>
        <message>
            <source>Connecting to the cluster at {address}</source>
            <translation>正在连接集群 {address}</translation>
        </message>
        <message>
            <source>network, which was trained there first,</source>
            <translation>先在那里训练过的网络</translation>
        </message>
        <message>
            <source>The {word} on the worker {address} differs from this machine's.</source>
            <translation>工作节点 {address} 上的{word}与本机的不同。</translation>
        </message>
        <message>
            <source>Use the same versions and --threads there, or save the trained weights to a file and open that.</source>
            <translation>请在那里使用相同的版本和 --threads，或把训练好的权重保存为文件再打开。</translation>
        </message>
        <message>
            <source>Put the same files there, or remove them so that they are copied.</source>
            <translation>请在那里放置相同的文件，或将其移除以便复制。</translation>
        </message>
        <message>
            <source>The job ended without a result.</source>
            <translation>任务没有给出结果就结束了。</translation>
        </message>
        <message>
            <source>The machine's memory is not enough for this step.</source>
            <translation>这台机器的内存不足以完成此步骤。</translation>
        </message>
        <message>
            <source>Close other programs, or take a smaller network, image size or batch.</source>
            <translation>请关闭其他程序，或使用更小的网络、图像尺寸或批大小。</translation>
        </message>
        <message>
            <source>A bug in nnopt_gui or one of its libraries: {name}: {error}</source>
            <translation>nnopt_gui 或其所用的库出现错误：{name}：{error}</translation>
        </message>
        <message>
            <source>Please report it with the details.</source>
            <translation>请连同详细信息一起报告。</translation>
        </message>
        <message>
            <source>A message of {data} bytes is too long for the engine's pipe.</source>
            <translation>{data} 字节的消息对引擎的管道来说太长。</translation>
        </message>
        <message>
            <source>A message between window and engine is damaged.</source>
            <translation>窗口与引擎之间的一条消息已损坏。</translation>
        </message>
        <message>
            <source>The engine process cannot be started: {error}.</source>
            <translation>无法启动引擎进程：{error}。</translation>
        </message>
        <message>
            <source>Free memory or disk space and try again.</source>
            <translation>请释放内存或磁盘空间后重试。</translation>
        </message>
        <message>
            <source>Job {id} was sent while job {active} is running.</source>
            <translation>任务 {active} 正在运行时发出了任务 {id}。</translation>
        </message>
        <message>
            <source>The engine was stopped.</source>
            <translation>引擎已停止。</translation>
        </message>
        <message>
            <source>Run again: finished trials are kept.</source>
            <translation>请重新运行：已完成的试验都已保留。</translation>
        </message>
        <message>
            <source>The engine sent a damaged message.</source>
            <translation>引擎发来了损坏的消息。</translation>
        </message>
        <message>
            <source>The engine cannot start: {user_message}</source>
            <translation>引擎无法启动：{user_message}</translation>
        </message>
        <message>
            <source>The engine did not start within {start_limit_s} s.</source>
            <translation>引擎在 {start_limit_s} 秒内没有启动。</translation>
        </message>
        <message>
            <source>Try again.</source>
            <translation>请重试。</translation>
        </message>
        <message>
            <source>The engine gave no sign of life for {silence_limit_s} s and was stopped.</source>
            <translation>引擎 {silence_limit_s} 秒没有响应，已被停止。</translation>
        </message>
        <message>
            <source>Run again; if it happens again, report it with the details.</source>
            <translation>请重新运行；如果再次发生，请连同详细信息一起报告。</translation>
        </message>
        <message>
            <source>Check the path and its permissions.</source>
            <translation>请检查路径及其权限。</translation>
        </message>
        <message>
            <source>{name} was damaged on its way to the worker.</source>
            <translation>{name} 在传往工作节点的途中损坏。</translation>
        </message>
        <message>
            <source>The file name {name} points out of its folder.</source>
            <translation>文件名 {name} 指向其文件夹之外。</translation>
        </message>
        <message>
            <source>A picture from the engine is damaged.</source>
            <translation>引擎发来的一张图像已损坏。</translation>
        </message>
        <message>
            <source>The study is open read-only: new trials cannot be kept.</source>
            <translation>研究以只读方式打开：无法保留新的试验。</translation>
        </message>
        <message>
            <source>Save it under a new name.</source>
            <translation>请另存为新名称。</translation>
        </message>
        <message>
            <source>It was lost {losses} times in a row and is started again only with the next job.</source>
            <translation>已连续中断 {losses} 次，只在运行下一个任务时才会重新启动。</translation>
        </message>
        <message>
            <source>A picture cannot be written as {name}.</source>
            <translation>图像无法写为 {name}。</translation>
        </message>
        <message>
            <source>Use .png, .svg or .pdf.</source>
            <translation>请使用 .png、.svg 或 .pdf。</translation>
        </message>
        <message>
            <source>The report would overwrite the study.</source>
            <translation>报告会覆盖研究文件。</translation>
        </message>
        <message>
            <source>{name} could not be written: {strerror}.</source>
            <translation>无法写入 {name}：{strerror}。</translation>
        </message>
        <message>
            <source>The results could not be kept: {strerror}.</source>
            <translation>无法保存这些结果：{strerror}。</translation>
        </message>
        <message>
            <source>The study is in {name} already, and saved.</source>
            <translation>研究已保存在 {name} 中。</translation>
        </message>
        <message>
            <source>No study is open.</source>
            <translation>没有打开的研究。</translation>
        </message>
        <message>
            <source>Save it under another name to add trials.</source>
            <translation>请另存为其他名称以添加试验。</translation>
        </message>
        <message>
            <source>Parts of {name} are damaged and were left out.</source>
            <translation>{name} 的一部分已损坏，已略去。</translation>
        </message>
        <message>
            <source>The study could not be written: {strerror}.</source>
            <translation>无法写入研究：{strerror}。</translation>
        </message>
        <message>
            <source>Save it somewhere else: File › Save study as.</source>
            <translation>请存到别处：“文件 › 研究另存为”。</translation>
        </message>
        <message>
            <source>Only a part of {name} could be written.</source>
            <translation>{name} 只写入了一部分。</translation>
        </message>
        <message>
            <source>The setting {name} had an unusable value and is back at its default.</source>
            <translation>设置 {name} 的值不可用，已恢复为默认值。</translation>
        </message>
        <message>
            <source>The settings were written by another version of the program (format {version}).</source>
            <translation>设置由程序的另一版本写入（格式 {version}）。</translation>
        </message>
        <message>
            <source>The settings cannot be written to {path}: {strerror}.</source>
            <translation>无法把设置写入 {path}：{strerror}。</translation>
        </message>
        <message>
            <source>Check the folder's permissions.</source>
            <translation>请检查文件夹的权限。</translation>
        </message>
        <message>
            <source>The settings in {path} cannot be put aside: {strerror}.</source>
            <translation>无法把 {path} 中的设置移开：{strerror}。</translation>
        </message>
        <message>
            <source>it is too large</source>
            <translation>它太大</translation>
        </message>
        <message>
            <source>it is not a JSON object</source>
            <translation>它不是 JSON 对象</translation>
        </message>
        <message>
            <source>The settings in {path} cannot be read ({error}); the defaults are used.</source>
            <translation>无法读取 {path} 中的设置（{error}）；使用默认值。</translation>
        </message>
        <message>
            <source>The program's resource files are missing.</source>
            <translation>缺少程序的资源文件。</translation>
        </message>
        <message>
            <source>Reinstall nnopt-gui.</source>
            <translation>请重新安装 nnopt-gui。</translation>
        </message>
    </context>
    <context>
        <name>Label</name>
        <message>
            <source>Original</source>
            <translation>原始模型</translation>
        </message>
        <message>
            <source>activation</source>
            <translation>激活准则</translation>
        </message>
        <message>
            <source>affine</source>
            <translation>仿射</translation>
        </message>
        <message>
            <source>attention</source>
            <translation>注意力</translation>
        </message>
        <message>
            <source>augmented</source>
            <translation>数据增强</translation>
        </message>
        <message>
            <source>batch</source>
            <translation>批量</translation>
        </message>
        <message>
            <source>batch norm</source>
            <translation>批归一化</translation>
        </message>
        <message>
            <source>best</source>
            <translation>最佳</translation>
        </message>
        <message>
            <source>bias</source>
            <translation>偏置校正</translation>
        </message>
        <message>
            <source>block</source>
            <translation>块状</translation>
        </message>
        <message>
            <source>blockwise</source>
            <translation>逐块学习</translation>
        </message>
        <message>
            <source>by</source>
            <translation>教师</translation>
        </message>
        <message>
            <source>channel codebook</source>
            <translation>逐通道码本</translation>
        </message>
        <message>
            <source>codebook</source>
            <translation>码本</translation>
        </message>
        <message>
            <source>depth</source>
            <translation>减层</translation>
        </message>
        <message>
            <source>entropy</source>
            <translation>熵</translation>
        </message>
        <message>
            <source>equalize</source>
            <translation>均衡</translation>
        </message>
        <message>
            <source>fast</source>
            <translation>快速</translation>
        </message>
        <message>
            <source>fast widths</source>
            <translation>快速宽度</translation>
        </message>
        <message>
            <source>features</source>
            <translation>特征</translation>
        </message>
        <message>
            <source>feedback</source>
            <translation>误差反馈</translation>
        </message>
        <message>
            <source>fixed-point activations</source>
            <translation>定点激活值</translation>
        </message>
        <message>
            <source>ft</source>
            <translation>微调</translation>
        </message>
        <message>
            <source>gradient</source>
            <translation>梯度准则</translation>
        </message>
        <message>
            <source>group</source>
            <translation>分组</translation>
        </message>
        <message>
            <source>in</source>
            <translation>分步</translation>
        </message>
        <message>
            <source>inherited</source>
            <translation>继承</translation>
        </message>
        <message>
            <source>labels</source>
            <translation>仅标签</translation>
        </message>
        <message>
            <source>learned</source>
            <translation>学习舍入</translation>
        </message>
        <message>
            <source>logarithmic</source>
            <translation>对数</translation>
        </message>
        <message>
            <source>lr</source>
            <translation>学习率</translation>
        </message>
        <message>
            <source>lr found</source>
            <translation>自动学习率</translation>
        </message>
        <message>
            <source>minmax</source>
            <translation>最小最大</translation>
        </message>
        <message>
            <source>moving average</source>
            <translation>滑动平均</translation>
        </message>
        <message>
            <source>nearest</source>
            <translation>就近舍入</translation>
        </message>
        <message>
            <source>no repair</source>
            <translation>不校正</translation>
        </message>
        <message>
            <source>of MACs</source>
            <translation>运算量</translation>
        </message>
        <message>
            <source>of bytes</source>
            <translation>字节</translation>
        </message>
        <message>
            <source>of latency</source>
            <translation>延迟</translation>
        </message>
        <message>
            <source>patience</source>
            <translation>早停</translation>
        </message>
        <message>
            <source>per layer</source>
            <translation>逐层</translation>
        </message>
        <message>
            <source>percentile</source>
            <translation>百分位</translation>
        </message>
        <message>
            <source>plain</source>
            <translation>普通</translation>
        </message>
        <message>
            <source>plain images</source>
            <translation>无增强</translation>
        </message>
        <message>
            <source>power of two</source>
            <translation>二的幂</translation>
        </message>
        <message>
            <source>prune</source>
            <translation>剪枝</translation>
        </message>
        <message>
            <source>random</source>
            <translation>随机</translation>
        </message>
        <message>
            <source>slim</source>
            <translation>瘦身</translation>
        </message>
        <message>
            <source>smooth</source>
            <translation>标签平滑</translation>
        </message>
        <message>
            <source>sparse</source>
            <translation>稀疏</translation>
        </message>
        <message>
            <source>statistics</source>
            <translation>统计校正</translation>
        </message>
        <message>
            <source>student</source>
            <translation>学生</translation>
        </message>
        <message>
            <source>symmetric</source>
            <translation>对称</translation>
        </message>
        <message>
            <source>teacher's labels</source>
            <translation>教师标签</translation>
        </message>
        <message>
            <source>tensor</source>
            <translation>逐张量</translation>
        </message>
        <message>
            <source>trellis</source>
            <translation>网格编码</translation>
        </message>
    </context>
    <context>
        <name>Report</name>
        <message>
            <source>Optimisation report</source>
            <translation>优化报告</translation>
        </message>
        <message>
            <source>{model} on {data}</source>
            <translation>{model}，数据 {data}</translation>
        </message>
        <message>
            <source>no data</source>
            <translation>无数据</translation>
        </message>
        <message>
            <source>{name}: {value}</source>
            <translation>{name}：{value}</translation>
        </message>
        <message>
            <source>, </source>
            <translation>、</translation>
        </message>
        <message>
            <source>{count} {what}</source>
            <translation>{count} 个{what}</translation>
        </message>
        <message>
            <source>The question</source>
            <translation>问题</translation>
        </message>
        <message>
            <source>How small and how fast can {model} become, and what does that cost in accuracy on {data}?</source>
            <translation>{model} 能变得多小、多快，在 {data} 上又要损失多少准确率？</translation>
        </message>
        <message>
            <source>How small and how fast can {model} become? No data were given, so accuracy is unknown.</source>
            <translation>{model} 能变得多小、多快？没有给出数据，因此准确率未知。</translation>
        </message>
        <message>
            <source>{total} recipes were tried: {states}.</source>
            <translation>共尝试 {total} 个配方：{states}。</translation>
        </message>
        <message>
            <source>Nothing was tried yet.</source>
            <translation>还没有尝试过。</translation>
        </message>
        <message>
            <source>The original takes {size}, answers in {latency} ms and is right on {accuracy} % {range} of {n} images.</source>
            <translation>原始模型大小为 {size}，单张图像耗时 {latency} ms，在 {n} 张图像上答对 {accuracy} % {range}。</translation>
        </message>
        <message>
            <source>Chosen by hand:</source>
            <translation>人工选定：</translation>
        </message>
        <message>
            <source>The smallest file that loses at most {drop} percentage point:</source>
            <translation>损失不超过 {drop} 个百分点的最小文件：</translation>
        </message>
        <message>
            <source>No trial loses {drop} percentage point or less.</source>
            <translation>没有损失不超过 {drop} 个百分点的试验。</translation>
        </message>
        <message>
            <source>{label} (#{number}): {size}, {size_change} in size; {accuracy} % {range}, {points} pp {points_range} against the original on the same images; {latency} ms{speed}.</source>
            <translation>{label}（#{number}）：{size}，大小变化 {size_change}；准确率 {accuracy} % {range}，在相同图像上与原始模型相比 {points} 个百分点 {points_range}；{latency} ms{speed}。</translation>
        </message>
        <message>
            <source>, {change} in latency measured side by side</source>
            <translation>，并排测量时延迟变化 {change}</translation>
        </message>
        <message>
            <source>Note</source>
            <translation>备注</translation>
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
            <source>running</source>
            <translation>运行中</translation>
        </message>
        <message>
            <source>interrupted</source>
            <translation>已中断</translation>
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
            <source>Accuracy against size and latency</source>
            <translation>准确率与大小、延迟的关系</translation>
        </message>
        <message>
            <source>Accuracy against size on disk</source>
            <translation>准确率与文件大小的关系</translation>
        </message>
        <message>
            <source>Accuracy against latency</source>
            <translation>准确率与延迟的关系</translation>
        </message>
        <message>
            <source>Size on disk, kB (logarithmic)</source>
            <translation>文件大小，kB（对数）</translation>
        </message>
        <message>
            <source>Latency of one image, ms (logarithmic)</source>
            <translation>单张图像延迟，ms（对数）</translation>
        </message>
        <message>
            <source>Top-1 accuracy, %</source>
            <translation>Top-1 准确率，%</translation>
        </message>
        <message>
            <source>Nothing was measured for this plot.</source>
            <translation>此图没有测量结果。</translation>
        </message>
        <message>
            <source>Bars are 95 % intervals. The line is the Pareto front: nothing measured is both better and {cheaper}. Numbers are the trials on the front or within noise of it.</source>
            <translation>竖线和横线为 95 % 置信区间。折线为帕累托前沿：没有任何测量结果既更准确又{cheaper}。数字为位于前沿或与其差别在误差范围内的试验。</translation>
        </message>
        <message>
            <source>smaller</source>
            <translation>更小</translation>
        </message>
        <message>
            <source>faster</source>
            <translation>更快</translation>
        </message>
        <message>
            <source>another machine: not compared</source>
            <translation>另一台机器：未作比较</translation>
        </message>
        <message>
            <source>Hollow points with a letter were measured on another machine (see Machines); they take no part in this front.</source>
            <translation>带字母的空心点在另一台机器上测量（见“机器”）；它们不参与此前沿。</translation>
        </message>
        <message>
            <source>The front</source>
            <translation>前沿</translation>
        </message>
        <message>
            <source>The trials that no other beats in both accuracy and size, or in both accuracy and latency.</source>
            <translation>没有其他试验在准确率和大小上都胜过，或在准确率和延迟上都胜过的试验。</translation>
        </message>
        <message>
            <source>Cannot be told from the front of accuracy against size: {names}. Were their true values at the good ends of their intervals, they would be on it.</source>
            <translation>与准确率—大小前沿无法区分：{names}。如果其真值位于区间的有利一端，它们就会在前沿上。</translation>
        </message>
        <message>
            <source>No other trial comes within noise of the front of accuracy against size.</source>
            <translation>没有其他试验与准确率—大小前沿的差别在误差范围内。</translation>
        </message>
        <message>
            <source>size</source>
            <translation>大小</translation>
        </message>
        <message>
            <source>latency</source>
            <translation>延迟</translation>
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
            <source>Front</source>
            <translation>前沿</translation>
        </message>
        <message>
            <source>State</source>
            <translation>状态</translation>
        </message>
        <message>
            <source>Top-1 %</source>
            <translation>Top-1 %</translation>
        </message>
        <message>
            <source>Change pp</source>
            <translation>变化（百分点）</translation>
        </message>
        <message>
            <source>Agreement %</source>
            <translation>一致率 %</translation>
        </message>
        <message>
            <source>Size</source>
            <translation>大小</translation>
        </message>
        <message>
            <source>p50 ms</source>
            <translation>p50 ms</translation>
        </message>
        <message>
            <source>p95 ms</source>
            <translation>p95 ms</translation>
        </message>
        <message>
            <source>MACs</source>
            <translation>乘加运算量</translation>
        </message>
        <message>
            <source>Parameters</source>
            <translation>参数量</translation>
        </message>
        <message>
            <source>Took</source>
            <translation>用时</translation>
        </message>
        <message>
            <source>SHA-256</source>
            <translation>SHA-256</translation>
        </message>
        <message>
            <source>What each step cost and gave</source>
            <translation>每一步的代价与收益</translation>
        </message>
        <message>
            <source>Recipes of more than one step, taken apart as far as the study holds the pieces. Changes are against the original.</source>
            <translation>把多于一步的配方按研究中已有的部分拆开。变化均相对于原始模型。</translation>
        </message>
        <message>
            <source>No trial on the front has more than one step.</source>
            <translation>前沿上没有多于一步的试验。</translation>
        </message>
        <message>
            <source>+ student</source>
            <translation>＋ 学生网络</translation>
        </message>
        <message>
            <source>+ pruning</source>
            <translation>＋ 剪枝</translation>
        </message>
        <message>
            <source>+ training</source>
            <translation>＋ 训练</translation>
        </message>
        <message>
            <source>+ quantisation</source>
            <translation>＋ 量化</translation>
        </message>
        <message>
            <source>without the student</source>
            <translation>不用学生网络</translation>
        </message>
        <message>
            <source>without pruning</source>
            <translation>不剪枝</translation>
        </message>
        <message>
            <source>without training</source>
            <translation>不训练</translation>
        </message>
        <message>
            <source>without quantisation</source>
            <translation>不量化</translation>
        </message>
        <message>
            <source>not measured in this study</source>
            <translation>此研究中未测量</translation>
        </message>
        <message>
            <source>All trials</source>
            <translation>全部试验</translation>
        </message>
        <message>
            <source>Hint</source>
            <translation>提示</translation>
        </message>
        <message>
            <source>Data and splits</source>
            <translation>数据与划分</translation>
        </message>
        <message>
            <source>Model</source>
            <translation>模型</translation>
        </message>
        <message>
            <source>Its SHA-256</source>
            <translation>其 SHA-256</translation>
        </message>
        <message>
            <source>Architecture</source>
            <translation>架构</translation>
        </message>
        <message>
            <source>Input</source>
            <translation>输入</translation>
        </message>
        <message>
            <source>Data</source>
            <translation>数据</translation>
        </message>
        <message>
            <source>Its fingerprint</source>
            <translation>其指纹</translation>
        </message>
        <message>
            <source>Splits</source>
            <translation>划分</translation>
        </message>
        <message>
            <source>Seed of the splits</source>
            <translation>划分的随机种子</translation>
        </message>
        <message>
            <source>Preprocessing</source>
            <translation>预处理</translation>
        </message>
        <message>
            <source>{size}, {channels} channels, mean {mean}, std {std}</source>
            <translation>{size}，{channels} 通道，均值 {mean}，标准差 {std}</translation>
        </message>
        <message>
            <source>{architecture}, {params} parameters, {macs} MACs</source>
            <translation>{architecture}，参数量 {params}，乘加运算量 {macs}</translation>
        </message>
        <message>
            <source>Classes</source>
            <translation>类别</translation>
        </message>
        <message>
            <source>Everything here was chosen and measured on the selection split. The test split has not been opened.</source>
            <translation>这里的一切都在选择集上选择和测量。测试集尚未打开。</translation>
        </message>
        <message>
            <source>Everything was chosen on the selection split. The test split was opened {count}; its figures are under Confirmed on the test split.</source>
            <translation>一切都在选择集上选择。测试集打开过{count}；其结果见“测试集上的确认”。</translation>
        </message>
        <message>
            <source>once</source>
            <translation>一次</translation>
        </message>
        <message>
            <source>{count} times</source>
            <translation> {count} 次</translation>
        </message>
        <message>
            <source>Confirmed on the test split</source>
            <translation>测试集上的确认</translation>
        </message>
        <message>
            <source>The selection split has seen every choice, so its figures flatter what was chosen. The test split has seen none; every opening of it is on record.</source>
            <translation>选择集参与了每一次选择，因此其数字对所选者偏于有利。测试集没有参与任何选择；每次打开都记录在案。</translation>
        </message>
        <message>
            <source>It was opened more than once: figures after the first are choices like any other.</source>
            <translation>它打开过不止一次：第一次之后的数字与其他选择无异。</translation>
        </message>
        <message>
            <source>opened, but the figures never came</source>
            <translation>已打开，但没有得到结果</translation>
        </message>
        <message>
            <source>#{trial}: {accuracy} % {range} of {n} test images, original {baseline} %, {points} pp {points_range}, McNemar p = {p}</source>
            <translation>#{trial}：在 {n} 张测试图像上 {accuracy} % {range}，原始模型 {baseline} %，{points} 个百分点 {points_range}，McNemar 检验 p = {p}</translation>
        </message>
        <message>
            <source>Opened (UTC)</source>
            <translation>打开时间（UTC）</translation>
        </message>
        <message>
            <source>Original %</source>
            <translation>原始模型 %</translation>
        </message>
        <message>
            <source>McNemar p</source>
            <translation>McNemar p</translation>
        </message>
        <message>
            <source>Notes</source>
            <translation>备注</translation>
        </message>
        <message>
            <source>Machines</source>
            <translation>机器</translation>
        </message>
        <message>
            <source>Latencies in this report come from one machine.</source>
            <translation>本报告中的延迟均来自同一台机器。</translation>
        </message>
        <message>
            <source>Measurements come from {count} machines or set-ups. Latencies are compared on the first only; the others carry their letter.</source>
            <translation>测量结果来自 {count} 台机器或配置。延迟只在第一台上比较；其他的带有各自的字母。</translation>
        </message>
        <message>
            <source>Mark</source>
            <translation>标记</translation>
        </message>
        <message>
            <source>CPU</source>
            <translation>CPU</translation>
        </message>
        <message>
            <source>Instruction sets</source>
            <translation>指令集</translation>
        </message>
        <message>
            <source>Cores</source>
            <translation>核数</translation>
        </message>
        <message>
            <source>Threads</source>
            <translation>线程数</translation>
        </message>
        <message>
            <source>System</source>
            <translation>系统</translation>
        </message>
        <message>
            <source>Runtime</source>
            <translation>运行时</translation>
        </message>
        <message>
            <source>Trials</source>
            <translation>试验</translation>
        </message>
        <message>
            <source>busy machine</source>
            <translation>机器繁忙</translation>
        </message>
        <message>
            <source>The machine was busy, or times did not settle, while these were timed: {names}. Their latencies are less certain than their intervals say.</source>
            <translation>测量以下试验时机器繁忙，或耗时没有稳定：{names}。其延迟的不确定性大于区间所示。</translation>
        </message>
        <message>
            <source>How this was measured</source>
            <translation>测量方法</translation>
        </message>
        <message>
            <source>Every number belongs to a file: the ONNX model was written, loaded again and measured in {runtime}.</source>
            <translation>每个数字都对应一个文件：写入 ONNX 模型，重新加载，并在 {runtime} 中测量。</translation>
        </message>
        <message>
            <source>Accuracy is top-1 on {n} images of the selection split, with Wilson's 95 % interval.</source>
            <translation>准确率为选择集 {n} 张图像上的 top-1，附 Wilson 95 % 置信区间。</translation>
        </message>
        <message>
            <source>Changes in accuracy are paired: both models on the same images, Tango's 95 % score interval. Agreement is the share of images on which both give the same class.</source>
            <translation>准确率的变化为配对比较：两个模型用相同的图像，附 Tango 95 % 得分区间。一致率是两者给出相同类别的图像所占的比例。</translation>
        </message>
        <message>
            <source>Latency is wall-clock time of one image (batch {batch}, threads: {threads}), in short blocks that alternate with the original's; p50 and p95 of {repeats} runs after {warmup} to warm up, with a 95 % bootstrap interval of the median over blocks.</source>
            <translation>延迟为单张图像的实际耗时（批量 {batch}，线程数 {threads}），以短时段与原始模型交替测量；预热 {warmup} 次后取 {repeats} 次的 p50 和 p95，并附按时段自助法得到的中位数 95 % 置信区间。</translation>
        </message>
        <message>
            <source>Size is bytes on disk. MACs are multiply-accumulates of convolutions, linear layers and matrix products of one image; parameters are those of the deployed graph, zeros included.</source>
            <translation>大小为磁盘上的字节数。乘加运算量为单张图像在卷积、线性层和矩阵乘积中的乘加次数；参数量按部署的图计算，包括零值。</translation>
        </message>
        <message>
            <source>A trial is on a front if no other is at least as good in both values and better in one. It is tied if it would be on the front at the good ends of its intervals.</source>
            <translation>如果没有其他试验在两项上都不差且在一项上更好，则该试验位于前沿。如果它在区间的有利一端会位于前沿，则为持平。</translation>
        </message>
        <message>
            <source>Predicted against measured</source>
            <translation>预测与实测</translation>
        </message>
        <message>
            <source>What the sliders say about each recipe before anything runs, worked out again from the study's profile of the network, beside what was measured. Latency beside the sliders is a rough guess.</source>
            <translation>运行之前滑块对每个配方给出的预测（根据研究中的网络概要重新算出），以及实测结果。滑块旁的延迟只是粗略估计。</translation>
        </message>
        <message>
            <source>predicted</source>
            <translation>预测</translation>
        </message>
        <message>
            <source>measured</source>
            <translation>实测</translation>
        </message>
        <message>
            <source>error</source>
            <translation>误差</translation>
        </message>
        <message>
            <source>{column}, {kind}</source>
            <translation>{column}（{kind}）</translation>
        </message>
        <message>
            <source>Largest error in size: {size}; in MACs: {macs}.</source>
            <translation>大小的最大误差：{size}；乘加运算量的最大误差：{macs}。</translation>
        </message>
        <message>
            <source>Make it again</source>
            <translation>重新生成</translation>
        </message>
        <message>
            <source>The command makes, measures and saves the model. To certify a trial against this study, use nnopt reproduce with the study file.</source>
            <translation>该命令生成、测量并保存模型。要根据此研究验证某个试验，请对研究文件使用 nnopt reproduce。</translation>
        </message>
        <message>
            <source>Written by nnopt {version} from a study of {trials} trials, last measured {until}.</source>
            <translation>由 nnopt {version} 根据有 {trials} 个试验的研究写成，最近一次测量于 {until}。</translation>
        </message>
        <message>
            <source>—</source>
            <translation>—</translation>
        </message>
    </context>
</TS>
