//! Which methods each path has: for `Allow` on 405 and the answer to OPTIONS.
//!
//! The framework forgets a path's other methods once it has refused one, so they are read from
//! the list of operations, which is made from the same registrations.

use std::collections::BTreeMap;

use crate::http::register::Operations;

/// The order in which methods are named.
const ORDER: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// The methods of each path template.
#[derive(Debug, Clone, Default)]
pub struct Routes(BTreeMap<String, String>);

impl Routes {
    /// From every operation.
    pub fn of(operations: &Operations) -> Self {
        let mut methods: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for operation in operations.iter() {
            methods.entry(&operation.path).or_default().push(operation.method);
        }
        let mut routes = Self::default();
        for (path, mut of_path) in methods {
            of_path.sort_by_key(|method| ORDER.iter().position(|known| known == method));
            routes.add(path, of_path);
        }
        routes
    }

    /// Adds a path that is not in the document.
    pub fn add<'a>(&mut self, path: &str, methods: impl IntoIterator<Item = &'a str>) {
        let mut all: Vec<&str> = Vec::new();
        for method in methods {
            all.push(method);
            if method == "GET" {
                all.push("HEAD");
            }
        }
        all.push("OPTIONS");
        self.0.insert(normal(path), all.join(", "));
    }

    /// The value of `Allow` for a path as it was asked for, if any template fits it.
    pub fn allow_at(&self, path: &str) -> Option<&str> {
        let asked: Vec<&str> = path.split('/').collect();
        self.0.iter().find_map(|(template, allow)| {
            let parts: Vec<&str> = template.split('/').collect();
            let fits = parts.len() == asked.len()
                && parts.iter().zip(&asked).all(|(part, a)| part == a || *part == "{}");
            fits.then_some(allow.as_str())
        })
    }

    /// The value of `Allow` for a path template.
    pub(super) fn allow(&self, pattern: &str) -> Option<&str> {
        self.0.get(&normal(pattern)).map(String::as_str)
    }
}

/// A template without the names and expressions of its parameters: `/a/{id:\d+}` is `/a/{}`.
fn normal(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut depth = 0_u32;
    for c in pattern.chars() {
        match c {
            '{' => {
                if depth == 0 {
                    out.push('{');
                }
                depth += 1;
            }
            '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    out.push('}');
                }
            }
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_whatever_its_parameters_are_called() {
        let mut routes = Routes::default();
        routes.add("/a/{code}/b", ["GET", "POST"]);
        assert_eq!(routes.allow("/a/{id:[0-9]{2}}/b"), Some("GET, HEAD, POST, OPTIONS"));
        assert_eq!(routes.allow("/a/{id}"), None);
    }
}
