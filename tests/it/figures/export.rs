//! Tables to take away and charts hold what JSON says.

use std::io::Cursor;

use acceptance::{Actor, World};
use calamine::{Data, Reader, Xlsx};
use domain::access::Role;
use serde_json::Value;

use super::histories;
use crate::on_both;

/// What came back, byte for byte.
struct File {
    kind: String,
    name: String,
    link: Option<String>,
    bytes: Vec<u8>,
}

fn take(world: &World, who: &Actor, path: &str, accept: &str) -> File {
    let mut reply = ureq::get(format!("{}{path}", world.url))
        .header("authorization", format!("Bearer {}", who.token.as_ref().unwrap()))
        .header("accept", accept)
        .call()
        .unwrap_or_else(|e| panic!("{path}: {e}"));
    let header = |name: &str| reply.headers().get(name).map(|v| v.to_str().unwrap().to_owned());
    let (kind, name, link) =
        (header("content-type").unwrap(), header("content-disposition").unwrap_or_default(), header("link"));
    File { kind, name, link, bytes: reply.body_mut().read_to_vec().unwrap() }
}

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The first sheet of a workbook, cell by cell.
fn sheet(bytes: &[u8]) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.to_vec())).unwrap();
    let range = book.worksheet_range("Số liệu").unwrap();
    range.rows().map(<[Data]>::to_vec).collect()
}

/// The rows of a file of comma-separated values.
fn rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").expect("a byte order mark");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text);
    reader.records().map(|r| r.unwrap().iter().map(ToOwned::to_owned).collect()).collect()
}

fn number(cell: &Data) -> Option<f64> {
    match cell {
        Data::Empty => None,
        Data::Float(n) => Some(*n),
        Data::Int(n) => Some(n.to_string().parse().unwrap()),
        other => panic!("{other:?}"),
    }
}

const FIGURES: [&str; 16] = [
    "carried_over",
    "received",
    "received_online",
    "settled",
    "approved",
    "rejected",
    "other_results",
    "in_time",
    "late",
    "withdrawn",
    "stopped",
    "not_accepted",
    "open",
    "open_overdue",
    "online_percent",
    "in_time_percent",
];

#[test]
fn a_table_says_what_json_says() {
    on_both(|world| {
        let (cast, _) = histories::play(&world, 5, 120);
        for by in ["procedure", "month", "officer_unit"] {
            let path = format!("/api/v1/statistics/dossiers?from=2023-05-15&to=2023-07-31&by={by}");
            let json = cast.reader.get(&path).expect(200).body;
            let workbook = take(&world, &cast.reader, &path, XLSX);
            assert_eq!(workbook.kind, XLSX);
            assert_eq!(workbook.name, format!("attachment; filename=\"ho-so-theo-{by}-2023-07-31.xlsx\""));
            let table = take(&world, &cast.reader, &format!("{path}&format=csv"), "*/*");
            assert_eq!(table.kind, "text/csv; charset=utf-8; header=present");
            let (cells, texts) = (sheet(&workbook.bytes), rows(&table.bytes));
            let mut groups: Vec<&Value> = json["items"].as_array().unwrap().iter().collect();
            groups.push(&json["total"]);
            assert_eq!((cells.len(), texts.len()), (groups.len() + 1, groups.len() + 1), "{by}");
            for (i, group) in groups.iter().enumerate() {
                let (row, line) = (&cells[i + 1], &texts[i + 1]);
                if let Some(key) = group["key"].as_str() {
                    assert_eq!((&row[0], line[0].as_str()), (&Data::String(key.to_owned()), key));
                    assert_eq!(line[1], group["label"].as_str().unwrap());
                }
                for (place, figure) in FIGURES.iter().enumerate() {
                    let said = group[figure].as_f64();
                    assert_eq!(number(&row[place + 2]), said, "{by} {figure}: {group}");
                    assert_eq!(line[place + 2].parse::<f64>().ok(), said, "{by} {figure}: {group}");
                }
            }
        }
        let path = "/api/v1/statistics/unemployment?as_of=2023-07-31";
        let json = cast.reader.get(path).expect(200).body;
        for (row, line) in sheet(&take(&world, &cast.reader, path, XLSX).bytes)
            .iter()
            .zip(rows(&take(&world, &cast.reader, path, "text/csv").bytes))
            .skip(1)
        {
            assert_eq!(number(&row[2]), json[&line[0]].as_f64(), "{line:?}");
            assert_eq!(line[2], json[&line[0]].to_string());
        }
        let path = "/api/v1/statistics/refusals?as_of=2023-12-31";
        let json = cast.reader.get(path).expect(200).body;
        let lines = rows(&take(&world, &cast.reader, path, "text/csv").bytes);
        for (item, line) in json["items"].as_array().unwrap().iter().zip(&lines[1..]) {
            assert_eq!(
                (&line[1], &line[3]),
                (&item["key"].as_str().unwrap().to_owned(), &item["count"].to_string())
            );
        }
    });
}

/// The list as a table: what JSON lists page by page, masked alike, within the same reach.
#[test]
fn the_list_is_taken_away_as_it_is_seen() {
    on_both(|world| {
        let (cast, known) = histories::play(&world, 9, 60);
        let desk = world.actor(Role::DeskOfficer, "H08.15");
        for who in [&cast.reader, &desk] {
            let json = who.get("/api/v1/dossiers?limit=200").expect(200).body;
            let items = json["items"].as_array().unwrap();
            let lines = rows(&take(&world, who, "/api/v1/dossiers?format=csv", "*/*").bytes);
            let cells = sheet(&take(&world, who, "/api/v1/dossiers", XLSX).bytes);
            assert_eq!((lines.len(), cells.len()), (items.len() + 1, items.len() + 1));
            for ((item, line), row) in items.iter().zip(&lines[1..]).zip(&cells[1..]) {
                for (field, place) in
                    [("code", 0), ("procedure", 1), ("unit", 3), ("status_label", 6), ("applicant_name", 12)]
                {
                    assert_eq!(line[place], item[field].as_str().unwrap());
                    assert_eq!(row[place], Data::String(line[place].clone()));
                }
                assert_eq!(line[13], item["applicant_personal_id"].as_str().unwrap());
                assert!(line[13].starts_with("********"), "{line:?}");
                let at = item["submitted_at"].as_str().unwrap();
                assert_eq!(line[8], at[..19].replace('T', " "));
            }
        }
        assert!(known.iter().any(|d| d.unit == "H08.16"), "the desk's table is narrower");
        // A page of its own, and the place to go on from, which JSON may take up as well.
        let page = take(&world, &cast.reader, "/api/v1/dossiers?format=csv&limit=3", "*/*");
        assert_eq!(rows(&page.bytes).len(), 4);
        let link = page.link.unwrap();
        let next = link.split_once('<').unwrap().1.split_once('>').unwrap().0;
        let fourth = rows(&take(&world, &cast.reader, next, "*/*").bytes)[1][0].clone();
        let all = cast.reader.get("/api/v1/dossiers?limit=200").expect(200).body;
        assert_eq!(all["items"][3]["code"], fourth.as_str());
        assert_eq!(
            cast.reader.get("/api/v1/dossiers?format=svg").expect(400).code(),
            "invalid_query_parameter"
        );
    });
}

#[test]
fn charts_are_whole_documents_in_vietnamese() {
    on_both(|world| {
        let s = world.staff();
        s.administrator.import(&super::export());
        let drawn = |path: &str| {
            let file = take(&world, &s.reader, path, "image/svg+xml");
            assert_eq!(file.kind, "image/svg+xml");
            String::from_utf8(file.bytes).unwrap()
        };
        let svg = drawn("/api/v1/statistics/unemployment?as_of=2023-11-15");
        for text in [
            "<svg",
            "Trợ cấp thất nghiệp",
            "đã nhận 257 hồ sơ",
            "Đủ điều kiện (53,3%)",
            "\n137\n",
            "\n51\n",
            "\n69\n",
        ] {
            assert!(svg.contains(text), "{text}: {svg}");
        }
        let svg = drawn("/api/v1/statistics/dossiers?from=2023-05-01&to=2023-11-15&by=month");
        for text in [
            "Số liệu hồ sơ theo tháng",
            "Từ 01/05/2023 đến 15/11/2023",
            "Số hồ sơ",
            "Đang giải quyết",
            "11/2023",
        ] {
            assert!(svg.contains(text), "{text}: {svg}");
        }
        for by in ["procedure", "unit", "channel", "officer_unit", "week"] {
            let svg = drawn(&format!("/api/v1/statistics/dossiers?to=2023-11-15&by={by}"));
            assert!(svg.trim_end().ends_with("</svg>"), "{by}");
        }
        drawn("/api/v1/statistics/refusals?as_of=2023-11-15");
    });
}
