//! "Did you mean": the known word nearest to an unknown one, and how words are quoted in messages.

/// The most characters of the user's text that a message repeats.
const LONGEST: usize = 60;

/// A text of the user's in backticks: control characters escaped, shortened.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("`");
    for (index, character) in text.chars().enumerate() {
        if index == LONGEST {
            quoted.push('…');
            break;
        }
        if character.is_control() {
            quoted.extend(character.escape_default());
        } else {
            quoted.push(character);
        }
    }
    quoted.push('`');
    quoted
}

/// The known word that was probably meant.
pub(super) fn nearest<'a, S: AsRef<str>>(word: &str, known: &'a [S]) -> Option<&'a str> {
    // Nobody mistypes a word this long, and the distance takes the product of both lengths.
    if word.len() > LONGEST {
        return None;
    }
    let plain = plain(word);
    known
        .iter()
        .map(AsRef::as_ref)
        .filter_map(|candidate| {
            let other = self::plain(candidate);
            let distance = strsim::damerau_levenshtein(&plain, &other);
            let is_near = distance <= (plain.chars().count() / 3).max(1) && distance < other.chars().count();
            let is_start = plain.len() >= 3 && other.starts_with(&plain);
            let is_longer = other.len() >= 3 && plain.starts_with(&other);
            (is_near || is_start || is_longer).then_some((distance, candidate))
        })
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// `newErrors`, `new_errors` and `NEW-ERRORS` are `new-errors` written otherwise.
fn plain(word: &str) -> String {
    word.chars().filter(|character| !matches!(character, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect()
}

/// `a`, `b` or `c`, each in backticks.
pub(super) fn one_of<S: AsRef<str>>(words: &[S]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{}`", word.as_ref())).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

/// Which word to write instead of an unknown one.
pub(super) fn instead<S: AsRef<str>>(word: &str, known: &[S]) -> String {
    match nearest(word, known) {
        Some(near) if known.len() <= 5 => format!("did you mean `{near}`? it can be {}", one_of(known)),
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write {}", one_of(known)),
    }
}
