//! What a script of `package.json` does, as far as it is a plain chain of commands.

use super::Package;

/// A checker that a script can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checker {
    AstroCheck,
    /// `tsc` or `vue-tsc` on the project's own `tsconfig.json`.
    Tsc {
        builds_references: bool,
    },
}

/// What the chain `a && b && c` of a script is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Chain {
    pub checkers: Vec<Checker>,
    /// How many commands there are beside the checkers.
    pub others: usize,
}

/// Takes a script apart, following `npm run other` into the other script. `None` when it is more than a
/// chain of `&&`: after `||`, `;`, `|` or `&` a failing checker need not fail the script.
pub(super) fn chain(package: &Package, script: &str) -> Option<Chain> {
    let mut chain = Chain::default();
    follow(package, script, 0, &mut chain)?;
    Some(chain)
}

fn follow(package: &Package, script: &str, depth: u8, chain: &mut Chain) -> Option<()> {
    let command = package.scripts.get(script).filter(|_| depth < 4)?;
    if command.replace("&&", "").contains(['&', '|', ';', '\n', '`', '(', '#']) {
        return None;
    }
    for part in command.split("&&") {
        let words: Vec<&str> = part.split_whitespace().skip_while(|word| is_prefix(word)).collect();
        match words.as_slice() {
            ["npm" | "pnpm" | "yarn" | "bun", "run", other] | ["pnpm" | "yarn", other]
                if package.scripts.contains_key(*other) =>
            {
                follow(package, other, depth + 1, chain)?;
            }
            words => match checker(program(words)) {
                Some(checker) => chain.checkers.push(checker),
                None => chain.others += 1,
            },
        }
    }
    Some(())
}

/// `NODE_ENV=production` and `cross-env` before a command.
fn is_prefix(word: &str) -> bool {
    let assigns = word.split_once('=').is_some_and(|(name, _)| crate::record::variable::is_identifier(name));
    assigns || word == "cross-env"
}

/// Takes `npx`, `pnpm exec` and their like off.
fn program<'a>(words: &'a [&'a str]) -> &'a [&'a str] {
    match words {
        ["npx" | "bunx", rest @ ..] => {
            let options = rest.iter().take_while(|word| word.starts_with('-')).count();
            &rest[options..]
        }
        ["pnpm" | "yarn" | "npm", "exec" | "run", "--", rest @ ..]
        | ["pnpm" | "yarn" | "npm" | "bun", "exec" | "run", rest @ ..] => rest,
        ["yarn" | "pnpm" | "bun", rest @ ..] if matches!(rest.first(), Some(&("astro" | "tsc" | "vue-tsc"))) => rest,
        other => other,
    }
}

fn checker(words: &[&str]) -> Option<Checker> {
    match words {
        // `--root` and `--watch` make it another command.
        ["astro", "check", options @ ..] if !has(options, &["--root", "--watch", "--help"]) => {
            Some(Checker::AstroCheck)
        }
        ["tsc" | "vue-tsc", options @ ..] => {
            let elsewhere =
                ["-p", "--project", "-w", "--watch", "--init", "-v", "--version", "-h", "--help", "--showConfig"];
            let names_files =
                options.iter().any(|option| [".ts", ".tsx", ".mts", ".cts"].iter().any(|end| option.ends_with(end)));
            let builds_references = has(options, &["-b", "--build"]);
            (!has(options, &elsewhere) && !names_files).then_some(Checker::Tsc { builds_references })
        }
        _ => None,
    }
}

fn has(options: &[&str], any: &[&str]) -> bool {
    options.iter().any(|option| any.contains(&option.split('=').next().unwrap_or(option)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(build: &str) -> Option<Chain> {
        let mut package = Package::default();
        package.scripts.insert("build".into(), build.into());
        package.scripts.insert("check".into(), "astro check".into());
        package.scripts.insert("loop".into(), "npm run loop".into());
        chain(&package, "build")
    }

    #[test]
    fn checkers_in_a_chain_are_seen() {
        let tsc = |builds_references| Checker::Tsc { builds_references };
        let cases = [
            ("astro check && astro build", vec![Checker::AstroCheck], 1),
            ("npx astro check&&astro build", vec![Checker::AstroCheck], 1),
            ("npm run check && NODE_ENV=production astro build", vec![Checker::AstroCheck], 1),
            ("tsc -b && vite build", vec![tsc(true)], 1),
            ("cross-env CI=1 tsc --noEmit && vite build", vec![tsc(false)], 1),
            ("pnpm exec vue-tsc && vite build", vec![tsc(false)], 1),
            ("tsc", vec![tsc(false)], 0),
            ("astro build", vec![], 1),
            ("tsc -p tsconfig.build.json", vec![], 1),
            ("tsc src/index.ts --outFile x.js", vec![], 1),
            ("echo astro check", vec![], 1),
        ];
        for (script, checkers, others) in cases {
            assert_eq!(of(script), Some(Chain { checkers, others }), "{script}");
        }
    }

    #[test]
    fn a_checker_whose_failure_may_be_swallowed_is_none() {
        for script in [
            "astro check || true && astro build",
            "astro check; astro build",
            "astro check & astro build",
            "astro check | tee log && astro build",
            "npm run loop",
            "(astro check) && astro build",
        ] {
            assert_eq!(of(script), None, "{script}");
        }
    }
}
