//! Makes the JSON form of the committed document, so that no process has to.

use std::error::Error;
use std::path::Path;

#[expect(clippy::disallowed_methods, reason = "what cargo tells a build script is no setting of the program")]
fn main() -> Result<(), Box<dyn Error>> {
    let committed = "../openapi.yaml";
    println!("cargo::rerun-if-changed={committed}");
    let document: serde_json::Value = yaml_serde::from_str(&std::fs::read_to_string(committed)?)?;
    let folder = std::env::var("OUT_DIR")?;
    std::fs::write(Path::new(&folder).join("openapi.json"), serde_json::to_string(&document)?)?;
    Ok(())
}
