//! What every page has around it.

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The style of the page; a server names its hash instead of allowing all styles.
pub const STYLE: &str = "\
:root{color-scheme:light dark;--back:#fff;--card:#f6f8fa;--ink:#1f2328;--text:#59636e;--grid:#d1d9e0;--line:#0b57d0;\
--mark:#b3370b;--good:#116329;--warn:#7d4e00;--bad:#b3261e;--none:#6e7781}\
@media(prefers-color-scheme:dark){:root{--back:#0d1117;--card:#151b23;--ink:#e6edf3;--text:#9da7b3;--grid:#3d444d;\
--line:#79b8ff;--mark:#ff9a5c;--good:#56d364;--warn:#e3b341;--bad:#ff7b72;--none:#8b949e}}\
*{box-sizing:border-box}html{scroll-padding-top:1rem}\
body{background:var(--back);color:var(--ink);font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:1080px;padding:0 1rem 4rem}\
a{color:var(--line)}a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:3px solid var(--line);outline-offset:2px}\
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;background:var(--back);padding:.4rem .8rem}\
header{display:flex;flex-wrap:wrap;gap:.3rem 1.5rem;align-items:baseline;padding:1.2rem 0 .6rem}\
h1{font-size:1.35rem;margin:0}h1 code{font-size:inherit}h2{font-size:1.15rem;margin:2.4rem 0 .6rem}h3{font-size:1rem;margin:1.2rem 0 .2rem}\
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;list-style:none;margin:0;padding:0}\
p{margin:.3rem 0}.soft{color:var(--text)}code{font:13px/1.45 ui-monospace,monospace;overflow-wrap:anywhere}\
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(12rem,1fr));gap:.8rem;margin:.6rem 0}\
.card{background:var(--card);border:1px solid var(--grid);border-radius:8px;padding:.8rem 1rem}\
.card b{display:block;font-size:1.5rem;line-height:1.3}.card span{color:var(--text)}\
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(26rem,100%),1fr));gap:0 1.5rem}\
.plot svg{width:100%;height:auto;display:block}\
[stroke='#1C64D2']{stroke:var(--line)}[fill='#1C64D2']{fill:var(--line)}[stroke='#C2410C']{stroke:var(--mark)}\
[fill='#C2410C']{fill:var(--mark)}[stroke='#D8DEE4']{stroke:var(--grid)}[fill='#59636E']{fill:var(--text)}\
.scroll{overflow-x:auto}.scroll+.scroll{margin-top:1.2rem}table{border-collapse:collapse;width:100%}caption{text-align:left;color:var(--text);padding:.2rem 0}\
td code,td time{white-space:nowrap}td,th{text-align:left;padding:.3rem .9rem .3rem 0;border-bottom:1px solid var(--grid);vertical-align:top;font-variant-numeric:tabular-nums}\
th{color:var(--text);font-weight:600;white-space:nowrap}td.n,th.n{text-align:right}tr:target,details:target,.card:target{outline:2px solid var(--line)}\
.good{color:var(--good);fill:var(--good)}.warn{color:var(--warn);fill:var(--warn)}.bad{color:var(--bad);fill:var(--bad)}\
.none{color:var(--none);fill:var(--none)}.tag{font-weight:600;white-space:nowrap}.msg{min-width:14rem;overflow-wrap:anywhere}\
.since{white-space:nowrap}\
@media(max-width:44rem){.list thead{position:absolute;clip-path:inset(50%)}.list tr{display:flex;flex-wrap:wrap;\
gap:0 .8rem;padding:.45rem 0;border-bottom:1px solid var(--grid)}.list td{border:0;padding:0}.list tbody{display:block}\
.list .msg,.list .place,.list .wide{flex-basis:100%;min-width:0}.list .msg{order:1}.list .place{order:2}.list .place code{white-space:normal}\
.list td[data-head]::before{content:attr(data-head) ' ';color:var(--text)}.plot text{font-size:16px}}\
.bars{max-width:100%;vertical-align:middle}.time{fill:var(--line)}.bars .none{opacity:.45}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.2rem;margin:.6rem 0}dt{color:var(--text)}dd{margin:0;overflow-wrap:anywhere}\
pre{background:var(--card);border:1px solid var(--grid);border-radius:8px;padding:.8rem 1rem;white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.45 ui-monospace,monospace}\
summary{cursor:pointer;color:var(--line);padding:.2rem 0}";

/// The heads of a table of the class `list`. Its roles are said because a narrow screen has the rows as blocks, which takes
/// a table's meaning away.
pub(super) fn list_heads(names: &[&str]) -> Markup {
    html! { thead role="rowgroup" { tr role="row" { @for name in names { th scope="col" role="columnheader" { (name) } } } } }
}

/// A page: its title, what its first line says, where it leads to, and what is on it.
pub(super) fn shell(title: &str, heading: &Markup, leads: &[(String, &str)], main: &Markup, foot: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a class="skip" href="#main" { "Skip to content" }
                header {
                    h1 { (heading) }
                    nav aria-label="Sections" { ul { @for (address, name) in leads { li { a href=(address) { (name) } } } } }
                }
                main id="main" { (main) }
                footer { p class="soft" { (foot) } }
            }
        }
    };
    page.into_string()
}
