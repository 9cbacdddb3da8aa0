//! What every command and flag says of itself.
//!
//! A row: the command with its parents, then the flag (`--name`) or the value (`NAME`), as a key;
//! the English text; the Vietnamese text.

/// Key, English, Vietnamese.
pub(super) const WORDS: &[(&str, &str, &str)] = &[
    ("", "Backend of a provincial one-stop department", "Máy chủ nghiệp vụ của cơ quan một cửa cấp tỉnh"),
    (
        "--config",
        "File of settings (TOML); also MOTCUA_CONFIG",
        "Tệp cài đặt (TOML); hoặc biến MOTCUA_CONFIG",
    ),
    (
        "--database-url",
        "Database: sqlite:PATH or postgres://…; better by MOTCUA_DATABASE_URL or MOTCUA_DATABASE_URL_FILE, since other users of the machine see flags",
        "Cơ sở dữ liệu: sqlite:ĐƯỜNG_DẪN hoặc postgres://…; nên dùng biến MOTCUA_DATABASE_URL hoặc MOTCUA_DATABASE_URL_FILE, vì người dùng khác trên máy thấy được tham số dòng lệnh",
    ),
    ("--bind", "Address to serve on; also MOTCUA_BIND", "Địa chỉ phục vụ; hoặc biến MOTCUA_BIND"),
    (
        "--admin-bind",
        "Address of metrics, or off; also MOTCUA_ADMIN_BIND",
        "Địa chỉ của số đo vận hành, hoặc off để tắt; hoặc biến MOTCUA_ADMIN_BIND",
    ),
    (
        "--lang",
        "Language of help: en or vi; also MOTCUA_LANG or LANG",
        "Ngôn ngữ của trợ giúp: en hoặc vi; hoặc biến MOTCUA_LANG, LANG",
    ),
    ("serve", "Serve", "Chạy dịch vụ"),
    (
        "demo",
        "Make a fresh database with the shipped data, import the shipped portal export and serve",
        "Tạo cơ sở dữ liệu mới với dữ liệu kèm theo, nạp tệp xuất từ Cổng dịch vụ công kèm theo rồi chạy dịch vụ",
    ),
    ("demo --port", "Port to serve on; 0 lets the system choose", "Cổng phục vụ; 0 để hệ thống tự chọn"),
    (
        "demo --data",
        "Folder of the database; made anew there, in a temporary folder without it",
        "Thư mục của cơ sở dữ liệu, được tạo mới; nếu không nêu thì dùng thư mục tạm",
    ),
    ("migrate", "Database migrations", "Nâng cấp lược đồ cơ sở dữ liệu"),
    ("migrate up", "Bring the schema up to date", "Nâng lược đồ lên phiên bản mới nhất"),
    ("migrate status", "Say which migrations have run", "Cho biết các bước nâng cấp đã chạy"),
    (
        "reference",
        "Reference data: units, procedures, calendar, rates",
        "Dữ liệu danh mục: đơn vị, thủ tục, lịch nghỉ, các mức tiền",
    ),
    (
        "reference load",
        "Load reference data; without a folder the shipped set",
        "Nạp dữ liệu danh mục; nếu không nêu thư mục thì nạp bộ kèm theo",
    ),
    ("reference load DIR", "Folder of the files", "Thư mục chứa các tệp"),
    (
        "reference load --dry-run",
        "Show how the rules differ from those in force and which open dossiers would move; nothing is written",
        "Cho xem quy định khác gì so với bộ đang có hiệu lực và hồ sơ nào đổi hạn; không ghi gì",
    ),
    (
        "rule-book",
        "Rule books: calendar, working hours, amounts, laws",
        "Bộ quy định: lịch nghỉ, giờ làm việc, các mức tiền, luật",
    ),
    (
        "rule-book list",
        "List drafts and published versions, newest first",
        "Liệt kê dự thảo và các bộ đã công bố, mới nhất trước",
    ),
    (
        "rule-book export",
        "Write a version as the files of reference data",
        "Ghi một bộ quy định thành các tệp danh mục",
    ),
    (
        "rule-book export DIR",
        "Folder to write to; it is made when it is not there",
        "Thư mục ghi ra; được tạo nếu chưa có",
    ),
    (
        "rule-book export --version",
        "Name of the version; without one, the version in force",
        "Tên bộ quy định; nếu không nêu thì là bộ đang có hiệu lực",
    ),
    (
        "rule-book publish",
        "Put a folder of files, or a version that was in force before, in force",
        "Công bố một thư mục tệp, hoặc đưa một bộ cũ có hiệu lực trở lại",
    ),
    (
        "rule-book publish WHAT",
        "Folder of the files, what it does not hold stays as in force; or name of a version",
        "Thư mục chứa các tệp, phần không có giữ như đang có hiệu lực; hoặc tên một bộ quy định",
    ),
    (
        "rule-book publish --note",
        "Why; it stands in the story of every dossier that moves",
        "Lý do; được ghi vào diễn biến của mọi hồ sơ đổi hạn",
    ),
    (
        "rule-book publish --dry-run",
        "Show the differences and which open dossiers would move; nothing is written",
        "Cho xem các điểm khác và hồ sơ nào đổi hạn; không ghi gì",
    ),
    ("user", "Accounts", "Tài khoản"),
    ("user create", "Make an account", "Tạo tài khoản"),
    ("user create --name", "User name", "Tên đăng nhập"),
    ("user create --role", "Role", "Vai trò"),
    ("user create --unit", "Unit the role is held at", "Mã đơn vị nơi giữ vai trò"),
    ("user create --personal-id", "A citizen's personal identifier", "Số định danh cá nhân của công dân"),
    (
        "user create --password-stdin",
        "Read the password from standard input",
        "Đọc mật khẩu từ đầu vào chuẩn",
    ),
    (
        "token",
        "Sign an access token with the instance's key; the token alone on standard output",
        "Ký một mã truy cập bằng khóa của hệ thống; chỉ in mã ra đầu ra chuẩn",
    ),
    ("token --user", "User name", "Tên đăng nhập"),
    ("token --ttl", "How long it lives", "Thời hạn hiệu lực"),
    ("import", "Import a file", "Nạp dữ liệu từ tệp"),
    (
        "import KIND",
        "What is imported: portal_dossiers, procedures",
        "Loại dữ liệu: portal_dossiers, procedures",
    ),
    ("import FILE", "The file", "Tệp dữ liệu"),
    ("import --dry-run", "Full checks, nothing written", "Kiểm tra đầy đủ, không ghi gì"),
    ("export", "Export to a file", "Xuất dữ liệu ra tệp"),
    (
        "export procedures",
        "The catalogue of procedures: every published version, as JSON or, for a name that ends in .csv, as CSV",
        "Danh mục thủ tục: mọi phiên bản đã công bố, dạng JSON, hoặc CSV nếu tên tệp kết thúc bằng .csv",
    ),
    ("export procedures FILE", "The file", "Tệp dữ liệu"),
    ("audit", "The audit chains", "Nhật ký kiểm toán"),
    (
        "audit verify",
        "Walk every chain of the audit, of dossiers and of benefits and say what was changed, removed or reordered",
        "Duyệt từng chuỗi của nhật ký, hồ sơ và trợ cấp và cho biết mục nào bị sửa, xóa hoặc đổi thứ tự",
    ),
    ("figures", "The figures", "Số liệu"),
    (
        "figures check",
        "Count the figures anew from the events, compare, and say what differs",
        "Đếm lại số liệu từ các sự kiện, so sánh và cho biết chỗ khác",
    ),
    (
        "figures check --years",
        "Whole years before this one; without it as the nightly check",
        "Số năm trước năm nay; nếu không nêu thì như lần kiểm tra hằng đêm",
    ),
    ("config", "The settings", "Các cài đặt"),
    (
        "config print",
        "Print every setting with its value, secrets redacted, and where it came from",
        "In mọi cài đặt kèm giá trị (che thông tin mật) và nguồn của giá trị",
    ),
    (
        "config check",
        "Say whether the settings can be used; exit code 1 when not",
        "Cho biết các cài đặt có dùng được không; mã thoát 1 nếu không",
    ),
    (
        "config schema",
        "Print the JSON Schema of the file of settings",
        "In lược đồ JSON Schema của tệp cài đặt",
    ),
    (
        "completions",
        "Print the completion script of a shell",
        "In tập lệnh tự hoàn thành cho trình dòng lệnh",
    ),
    ("completions SHELL", "The shell", "Trình dòng lệnh"),
    (
        "man",
        "Print the manual page, or write the pages of all commands to a folder",
        "In trang hướng dẫn, hoặc ghi trang của mọi lệnh vào một thư mục",
    ),
    ("man DIR", "The folder", "Thư mục"),
    (
        "backup",
        "Write the whole database, as of one moment, to a new file; the service may run meanwhile",
        "Ghi toàn bộ cơ sở dữ liệu tại một thời điểm vào tệp mới; dịch vụ vẫn chạy bình thường",
    ),
    ("backup FILE", "The file", "Tệp sao lưu"),
    (
        "backup --fast",
        "Take what the machine gives; otherwise it rests on PostgreSQL three times as long as it works, so that whoever works feels less of it",
        "Dùng hết tốc độ của máy; nếu không thì với PostgreSQL nghỉ lâu gấp ba thời gian chạy để người đang làm việc ít bị ảnh hưởng",
    ),
    (
        "verify",
        "Check that an archive is whole, or with --files that every file of a dossier is",
        "Kiểm tra bản sao lưu, hoặc với --files là tệp của các hồ sơ, còn nguyên vẹn",
    ),
    ("verify FILE", "The archive", "Tệp sao lưu"),
    (
        "verify --files",
        "Read every file that a dossier names and compare its digest",
        "Đọc từng tệp mà hồ sơ nêu và so mã băm",
    ),
    (
        "restore",
        "Load an archive into an empty database, all of it or nothing",
        "Phục hồi bản sao lưu vào cơ sở dữ liệu rỗng: toàn bộ hoặc không gì cả",
    ),
    ("restore FILE", "The file", "Tệp sao lưu"),
    ("db", "Whole databases", "Toàn bộ cơ sở dữ liệu"),
    (
        "db copy",
        "Copy a database into another, empty one, all of it or nothing",
        "Sao chép cơ sở dữ liệu sang một cơ sở dữ liệu rỗng khác: toàn bộ hoặc không gì cả",
    ),
    (
        "db copy --from",
        "Database that is read: sqlite:PATH or postgres://…; also MOTCUA_COPY_FROM or MOTCUA_COPY_FROM_FILE",
        "Cơ sở dữ liệu nguồn: sqlite:ĐƯỜNG_DẪN hoặc postgres://…; hoặc biến MOTCUA_COPY_FROM, MOTCUA_COPY_FROM_FILE",
    ),
    (
        "db copy --from-file",
        "File that holds the address of the database that is read",
        "Tệp chứa địa chỉ của cơ sở dữ liệu nguồn",
    ),
    (
        "db copy --to",
        "Empty database that is filled; also MOTCUA_COPY_TO or MOTCUA_COPY_TO_FILE",
        "Cơ sở dữ liệu đích, đang rỗng; hoặc biến MOTCUA_COPY_TO, MOTCUA_COPY_TO_FILE",
    ),
    (
        "db copy --to-file",
        "File that holds the address of the empty database",
        "Tệp chứa địa chỉ của cơ sở dữ liệu đích",
    ),
    (
        "doctor",
        "Check configuration, database, reference data, records and machine",
        "Kiểm tra cài đặt, cơ sở dữ liệu, danh mục, bản ghi và máy",
    ),
    ("openapi", "Print the OpenAPI document", "In tài liệu OpenAPI"),
    (
        "count-pages",
        "Say how many pages the PDF on standard input states, within bounds of memory and time; the service runs it for uploads",
        "Cho biết số trang mà tệp PDF ở đầu vào chuẩn khai, trong giới hạn bộ nhớ và thời gian; dịch vụ tự chạy lệnh này cho tệp tải lên",
    ),
    (
        "healthcheck",
        "Ask the service on this machine whether it lives; for container health checks",
        "Hỏi dịch vụ trên máy này còn chạy không; dùng cho kiểm tra sức khỏe của container",
    ),
];
