//! What a file of the output is for, by the part it lies in and the end of its name.

use crate::project::Part;
use crate::record::AssetKind;

/// The end of a file's name in lower case, without the dot.
pub(super) fn extension(path: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default()
}

/// Pages are pages wherever they lie: Next keeps the prerendered ones among the server's code.
pub(super) fn kind(path: &str, part: Part) -> AssetKind {
    match (extension(path).as_str(), part) {
        ("map", _) if matches!(extension(&path[..path.len() - 4]).as_str(), "js" | "mjs" | "cjs" | "css" | "ts") => {
            AssetKind::SourceMap
        }
        ("html" | "htm" | "xhtml", _) => AssetKind::Html,
        (_, Part::Server) => AssetKind::ServerCode,
        ("js" | "mjs" | "cjs", _) => AssetKind::ClientScript,
        ("css", _) => AssetKind::Style,
        ("png" | "jpg" | "jpeg" | "gif" | "webp" | "avif" | "svg" | "ico" | "bmp" | "jxl" | "apng" | "heic", _) => {
            AssetKind::Image
        }
        ("woff" | "woff2" | "ttf" | "otf" | "eot", _) => AssetKind::Font,
        _ => AssetKind::Other,
    }
}

/// Formats that hold compressed data: servers send them as they are.
pub(super) fn is_compressed_format(path: &str) -> bool {
    const FORMATS: [&str; 39] = [
        "png", "apng", "jpg", "jpeg", "gif", "webp", "avif", "jxl", "heic", "woff", "woff2", "mp3", "m4a", "aac",
        "ogg", "oga", "ogv", "opus", "flac", "mp4", "m4v", "mov", "webm", "mkv", "zip", "gz", "tgz", "br", "zst",
        "bz2", "xz", "7z", "rar", "pdf", "jar", "docx", "xlsx", "pptx", "epub",
    ];
    FORMATS.contains(&extension(path).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_kind_is_told_by_its_place_and_its_end() {
        let cases = [
            ("_astro/a.js", Part::Client, AssetKind::ClientScript),
            ("sw.MJS", Part::Client, AssetKind::ClientScript),
            ("_astro/a.js.map", Part::Client, AssetKind::SourceMap),
            ("server/a.mjs.map", Part::Server, AssetKind::SourceMap),
            ("levels/one.map", Part::Client, AssetKind::Other),
            (".map", Part::Client, AssetKind::Other),
            ("server/entry.mjs", Part::Server, AssetKind::ServerCode),
            ("server/app/index.html", Part::Server, AssetKind::Html),
            ("server/manifest.json", Part::Server, AssetKind::ServerCode),
            ("index.html", Part::Client, AssetKind::Html),
            ("a.css", Part::Client, AssetKind::Style),
            ("favicon.svg", Part::Client, AssetKind::Image),
            ("f.woff2", Part::Client, AssetKind::Font),
            ("robots.txt", Part::Client, AssetKind::Other),
            ("folder.js/file", Part::Client, AssetKind::Other),
        ];
        for (path, part, expected) in cases {
            assert_eq!(kind(path, part), expected, "{path}");
        }
    }
}
