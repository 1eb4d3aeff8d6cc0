//! A script → what it imports (<https://tc39.es/ecma262/#sec-modules>).

use oxc_allocator::Allocator;
use oxc_parser::Parser;
use oxc_span::SourceType;

/// What a script imports: names as they stand in it, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Imports {
    /// With the script itself: `import`, `export … from`.
    pub(super) now: Vec<String>,
    /// By `import()`, when the code comes to it.
    pub(super) later: Vec<String>,
    /// It could not be read whole, so there may be more.
    pub(super) is_partial: bool,
}

/// The list of files that Vite's preloading loads with a dynamic import.
const VITE_LIST: &[u8] = b"m.f=[";

/// Reads what a script of a browser imports.
pub(super) fn read_imports(bytes: &[u8]) -> Imports {
    let Ok(text) = std::str::from_utf8(bytes) else { return read_imports(String::from_utf8_lossy(bytes).as_bytes()) };
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, SourceType::mjs()).parse();
    // What is no module, as it may not be parsed as one, has no static imports either.
    let parsed = if parsed.panicked { Parser::new(&allocator, text, SourceType::cjs()).parse() } else { parsed };
    let mut imports = Imports { is_partial: parsed.panicked, ..Imports::default() };
    for (name, requests) in &parsed.module_record.requested_modules {
        if requests.iter().any(|request| !request.is_type) {
            imports.now.push(name.to_string());
        }
    }
    for import in &parsed.module_record.dynamic_imports {
        let span = import.module_request;
        let source = text.get(span.start as usize..span.end as usize).unwrap_or_default();
        match literal(source) {
            Some(name) => imports.later.push(name.to_owned()),
            // Which file that is shows only when it runs.
            None => imports.is_partial = true,
        }
    }
    imports.later.extend(vite_list(bytes));
    imports.now.sort();
    imports.now.dedup();
    imports.later.sort();
    imports.later.dedup();
    imports
}

/// A text in quotes, without anything in it that would have to be understood.
fn literal(source: &str) -> Option<&str> {
    let source = source.trim();
    let quote = source.chars().next().filter(|quote| matches!(quote, '"' | '\'' | '`'))?;
    let inner = source.get(1..)?.strip_suffix(quote)?;
    (!inner.contains(['\\', quote]) && !inner.contains("${")).then_some(inner)
}

/// Addresses from the site's root that a chunk of Vite's loads along with its dynamic imports, as styles.
fn vite_list(bytes: &[u8]) -> Vec<String> {
    let Some(at) = memchr::memmem::find(bytes, VITE_LIST) else { return Vec::new() };
    let from = at + VITE_LIST.len() - 1;
    let Some(length) = memchr::memchr(b']', &bytes[from..]) else { return Vec::new() };
    let files: Vec<String> = serde_json::from_slice(&bytes[from..=from + length]).unwrap_or_default();
    files.into_iter().map(|file| if file.starts_with(['/', '.']) { file } else { format!("/{file}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imports(text: &str) -> (Vec<String>, Vec<String>) {
        let imports = read_imports(text.as_bytes());
        (imports.now, imports.later)
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn imports_are_told_from_what_only_looks_like_them() {
        let text = "import{a as b}from\"./a.js\";import'./b.js';export*from\"./c.js\";export{d}from'./d.js';\
            const s='import \"./no.js\"',t=`${import(\"./e.js\")} import(\"./no.js\")`,r=/import(\"no\")/;\
            // import './no.js'\n/* import './no.js' */ import.meta.url; import(`./f.js`);";
        assert_eq!(imports(text), (names(&["./a.js", "./b.js", "./c.js", "./d.js"]), names(&["./e.js", "./f.js"])));
    }

    #[test]
    fn code_that_is_no_module_is_read_too_and_code_that_is_none_at_all_says_so() {
        assert_eq!(imports("with(a){b} import('./x.js')"), (vec![], names(&["./x.js"])));
        assert!(read_imports(b"let = = ;;; }{").is_partial);
        assert!(read_imports(b"import(name)").is_partial);
        assert!(!read_imports(b"\xff\xfe").is_partial || read_imports(b"\xff\xfe").now.is_empty());
    }

    #[test]
    fn what_vite_loads_with_a_dynamic_import_is_known() {
        let text = "const __vite__mapDeps=(i,m=__vite__mapDeps,d=(m.f||(m.f=[\"assets/Lazy-a.js\",\"assets/Lazy-b.css\"])))=>i.map(i=>d[i]);\
            const load=()=>p(()=>import(\"./Lazy-a.js\"),__vite__mapDeps([0,1]));";
        assert_eq!(imports(text).1, names(&["./Lazy-a.js", "/assets/Lazy-a.js", "/assets/Lazy-b.css"]));
    }
}
