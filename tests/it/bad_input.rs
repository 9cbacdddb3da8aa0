//! Hostile and careless input gets its problem, never 500.

use acceptance::package;
use serde_json::{Value, json};

use crate::on_both;

#[test]
fn every_kind_of_broken_body_has_its_problem() {
    on_both(|world| {
        let s = world.staff();
        let json_type = [("content-type", "application/json")];
        let raw = |body: &[u8]| s.citizen.send("POST", "/api/v1/dossiers", &json_type, Some(body));
        assert_eq!(raw(b"{").expect(400).code(), "malformed_json");
        assert_eq!(raw(b"").expect(400).code(), "malformed_json");
        assert_eq!(raw(b"{\"procedure\": \"\xff\"}").expect(400).code(), "invalid_utf8");
        assert_eq!(raw("[".repeat(5_000).as_bytes()).expect(400).code(), "body_too_deep");
        assert_eq!(raw(&vec![b' '; 400_000]).expect(413).code(), "payload_too_large");
        let twice = package().to_string().replacen('{', "{\"unit\":\"H08\",", 1);
        assert_eq!(raw(twice.as_bytes()).expect(400).code(), "malformed_json");
        let text = [("content-type", "text/plain")];
        s.citizen.send("POST", "/api/v1/dossiers", &text, Some(b"{}")).expect(415);

        let changed = |pointer: &str, value: Value| {
            let mut body = package();
            *body.pointer_mut(pointer).unwrap() = value;
            s.citizen.post("/api/v1/dossiers", &body)
        };
        let mut unknown = package();
        unknown["applicant"]["nick"] = json!("x");
        let reply = s.citizen.post("/api/v1/dossiers", &unknown).expect(400);
        assert_eq!((reply.code(), reply.wrong()[0].0.as_str()), ("unknown_field", "/applicant/nick"));
        for (pointer, value) in [
            ("/procedure", json!(5)),
            ("/channel", json!("pigeon")),
            ("/applicant/born_on", json!("1990-02-30")),
            ("/applicant/name", json!("a\u{202e}b")),
            ("/applicant/name", json!("a\u{0}b")),
            ("/applicant/personal_id", json!("05219000000x")),
            ("/applicant/phone", json!("none at all")),
            ("/unit", json!("H77.01")),
            ("/procedure", json!("9.999999")),
            ("/form/terminated_on", json!("2023-02-30")),
            ("/form/termination", json!("sacked")),
            ("/form/contributions/0/wage_vnd", json!(0)),
            ("/form/contributions/0/to", json!("2023-09")),
            ("/papers/0/code", json!("unheard_of")),
        ] {
            let reply = changed(pointer, value.clone());
            assert_eq!(reply.status, 422, "{pointer} {value}: {}", reply.text);
            assert!(reply.wrong().iter().any(|(p, _)| p == pointer), "{pointer} {value}: {}", reply.text);
        }
        // A decomposed name is stored composed.
        let code =
            changed("/applicant/name", json!("Nguye\u{302}\u{303}n Lan")).expect(201).body["code"].clone();
        let read = s.citizen.get(&format!("/api/v1/dossiers/{}", code.as_str().unwrap())).expect(200);
        assert_eq!(read.body["applicant"]["name"], "Nguyễn Lan");
        // All that is wrong is told at once.
        let mut body = package();
        body["applicant"]["personal_id"] = json!("0521900000x1");
        body["applicant"]["phone"] = json!("phone number");
        assert_eq!(s.citizen.post("/api/v1/dossiers", &body).expect(422).wrong().len(), 2);
        let mut body = package();
        body["papers"] = json!([]);
        assert_eq!(s.citizen.post("/api/v1/dossiers", &body).expect(422).wrong().len(), 3);
    });
}

#[test]
fn language_follows_the_caller() {
    on_both(|world| {
        let nobody = world.nobody();
        let title = |language: &str| {
            let headers = [("accept-language", language)];
            nobody.send("GET", "/api/v1/dossiers", &headers, None).expect(401).body["title"].clone()
        };
        assert_eq!(title("en"), "Not signed in");
        assert_eq!(title("fr, vi;q=0.8, en;q=0.5"), "Chưa đăng nhập");
        let reply =
            nobody.send("GET", "/api/v1/nothing", &[("x-request-id", "my-request-1")], None).expect(404);
        assert_eq!(reply.header("x-request-id"), Some("my-request-1"));
        assert_eq!(reply.header("content-type"), Some("application/problem+json"));
        assert_eq!(
            nobody.send("DELETE", "/api/v1/units", &[], None).expect(405).code(),
            "method_not_allowed"
        );
    });
}

#[test]
fn simulations_refuse_what_cannot_be() {
    on_both(|world| {
        let ask = |accepted: &str, value: i64, pauses: Value| {
            let body = json!({ "accepted_at": accepted, "limit": { "value": value, "unit": "working_days" }, "pauses": pauses });
            world.nobody().post("/api/v1/deadlines/simulate", &body)
        };
        let at = "2023-11-15T09:00:00+07:00";
        assert_eq!(ask(at, 0, json!([])).expect(422).wrong()[0].0, "/limit/value");
        ask(at, -3, json!([])).expect(422);
        ask(at, i64::MAX, json!([])).expect(422);
        ask("2023-11-31T09:00:00+07:00", 1, json!([])).expect(422);
        ask("+262142-12-31T23:59:59Z", 1, json!([])).expect(422);
        let backwards = json!([ { "from": at, "to": "2023-11-14T09:00:00+07:00" } ]);
        assert_eq!(ask(at, 1, backwards).expect(422).wrong()[0].0, "/pauses/0/to");
    });
}

/// whatever is no JSON, or no JSON that keeps its meaning.
#[test]
fn r_37_malformed_json_is_always_the_callers_fault() {
    on_both(|world| {
        let desk = world.staff().desk;
        let json_type = [("content-type", "application/json")];
        let good = package().to_string();
        let wage = |number: &str| good.replace("8000000", number).into_bytes();
        let mut corpus: Vec<Vec<u8>> = [
            "[1,]",
            "[,1]",
            "[1 true]",
            "[1,,2]",
            "[\"x\"",
            "[\"x\", truth]",
            "[-]",
            "[0.e1]",
            "[.5]",
            "[01]",
            "[1.]",
            "[0x1]",
            "[+1]",
            "[NaN]",
            "[Infinity]",
            "[-Infinity]",
            "[1eE2]",
            "[\"\\x\"]",
            "[\"\\u00A\"]",
            "[\"a\tb\"]",
            "[\"a\nb\"]",
            "['x']",
            "{x:1}",
            "{\"a\":1,}",
            "{\"a\" 1}",
            "{\"a\":}",
            "{\"a\":1 \"b\":2}",
            "{\"a\":1}x",
            "{}{}",
            "// x\n{}",
            "/* x */{}",
            "{\"a\":/*x*/1}",
            "nul",
            "True",
            "\u{feff}{}",
            "\\u0000",
            "*",
            "]",
            "}",
            "\"",
            "[\"\\ud800\"]",
            "{\"procedure\":\"\\ud800\"}",
            "{\"procedure\":\"\\udc00\\ud800\"}",
            "\u{0}",
            " ",
        ]
        .iter()
        .map(|text| text.as_bytes().to_vec())
        .collect();
        corpus.extend([
            b"\xff\xfe{\x00}\x00".to_vec(),
            b"{\"procedure\":\"\xed\xa0\x80\"}".to_vec(),
            b"{\"procedure\":\"\xc0\xaf\"}".to_vec(),
            b"[\"\xe1\xba".to_vec(),
            // A number that the receiver would have to bend is not taken.
            wage("1e400"),
            wage("8000000.5"),
            wage("9007199254740993.0"),
            wage("99999999999999999999"),
            wage("\"8000000\""),
            good.replacen('{', "{\"channel\":\"post\",", 1).into_bytes(),
        ]);
        // Cut off anywhere.
        corpus.extend((1..good.len()).step_by(37).map(|end| good.as_bytes()[..end].to_vec()));
        for body in corpus {
            let reply = desk.send("POST", "/api/v1/dossiers", &json_type, Some(&body));
            let text = String::from_utf8_lossy(&body);
            assert!(matches!(reply.status, 400 | 422), "{text}: {} {}", reply.status, reply.text);
            assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{text}");
        }
        assert_eq!(desk.get("/api/v1/dossiers?count=exact").expect(200).body["count"], 0);
    });
}

/// deep, wide and long.
#[test]
fn r_38_deep_wide_and_long_bodies_cost_nothing() {
    on_both(|world| {
        let desk = world.staff().desk;
        let json_type = [("content-type", "application/json")];
        let wide = |n: usize| {
            let members: Vec<String> = (0..n).map(|i| format!("\"k{i}\":0")).collect();
            format!("{{{}}}", members.join(","))
        };
        for body in [
            "[".repeat(100_000),
            "{\"a\":".repeat(40_000),
            format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)),
            wide(20_000),
            wide(1_000_000),
            format!("{{\"procedure\":\"{}\"}}", "x".repeat(200_000)),
            format!("{{\"procedure\":\"{}\"}}", "x".repeat(1 << 20)),
        ] {
            let reply = desk.send("POST", "/api/v1/dossiers", &json_type, Some(body.as_bytes()));
            let start: String = body.chars().take(20).collect();
            assert!(matches!(reply.status, 400 | 413 | 422), "{start}: {} {}", reply.status, reply.text);
            assert!(reply.text.len() < 16_384, "{start}: the problem is short: {}", reply.text.len());
        }
        desk.get("/api/v1/dossiers").expect(200);
    });
}

/// names as people and machines write them.
#[test]
fn r_42_names_are_stored_composed_and_found_either_way() {
    on_both(|world| {
        let desk = world.staff().desk;
        let submit = |name: &str, id: &str| {
            let mut body = package();
            body["applicant"] = json!({ "name": name, "personal_id": id });
            desk.post("/api/v1/dossiers", &body)
        };
        let names = ["Đặng Thị Ơn", "Nguyễn Hoà", "Trần Văn Ưng"];
        // The second form is decomposed: base letters with their marks behind them.
        let apart =
            ["Đặng Thị Ơn", "Nguye\u{302}\u{303}n Hoa\u{300}", "Tra\u{302}\u{300}n Va\u{306}n U\u{31b}ng"];
        for (place, (name, apart)) in names.iter().zip(apart).enumerate() {
            for (form, written) in [*name, apart].iter().enumerate() {
                let reply = submit(written, &format!("0521900000{place}{form}")).expect(201);
                let code = reply.body["code"].as_str().unwrap();
                let read = desk.get(&format!("/api/v1/dossiers/{code}")).expect(200);
                assert_eq!(read.body["applicant"]["name"], *name);
            }
            let plain = ["dang thi on", "nguyen hoa", "tran van ung"][place];
            for asked in [*name, apart, plain] {
                let found = desk.post("/api/v1/dossiers/search", &json!({ "name": asked })).expect(200).body;
                assert_eq!(found["items"].as_array().unwrap().len(), 2, "{asked}: {found}");
            }
        }
        for hostile in ["Lan\u{200b}", "La\u{202e}n", "Lan\u{7}", "Lan\u{feff}", "\u{2066}Lan\u{2069}"] {
            submit(hostile, "052190000099").expect(422);
        }
        // Full-width digits are digits to a person and no identifier to a machine.
        submit("Lan", "０５２１９００００００１").expect(422);
    });
}
