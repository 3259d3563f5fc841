//! What a spreadsheet does to numbers: exponents, 15 digits, binary fractions.

/// The text of a numeric spreadsheet cell, exact as far as the cell is: whole numbers without a point, fractions with at most the
/// 15 digits that Excel keeps. A whole number of more than 15 digits has lost its end and is written as Excel shows it
/// (`9.14403001922038E+17`), so that [`eaten_by_excel`] knows it.
pub fn number_text(number: f64) -> String {
    if !number.is_finite() {
        return "#NUM!".to_owned();
    }
    let rounded = format!("{number:.14e}");
    if number.fract() == 0.0 && number.abs() >= 1e15 {
        let (digits, exponent) = rounded.split_once('e').unwrap_or((&rounded, "0"));
        return format!(
            "{}E+{exponent}",
            digits.trim_end_matches('0').trim_end_matches('.')
        );
    }
    plain_decimal(&rounded)
}

/// A number with an exponent as a plain decimal (`1e-5` → `0.00001`); other text unchanged.
pub fn plain_decimal(text: &str) -> String {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return text.to_owned();
    };
    let (Ok(exponent), (sign, mantissa)) = (exponent.parse::<i32>(), split_sign(mantissa)) else {
        return text.to_owned();
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_number = !whole.is_empty()
        && whole
            .bytes()
            .chain(fraction.bytes())
            .all(|b| b.is_ascii_digit());
    if !is_number || exponent.abs() > 40 {
        return text.to_owned();
    }
    let digits = format!("{whole}{fraction}");
    let point = i32::try_from(whole.len()).unwrap_or(0) + exponent;
    let plain = match usize::try_from(point) {
        Ok(point) if point >= digits.len() => {
            format!("{digits}{}", "0".repeat(point - digits.len()))
        }
        Ok(point) if point > 0 => format!("{}.{}", &digits[..point], &digits[point..]),
        _ => format!(
            "0.{}{digits}",
            "0".repeat(usize::try_from(-point).unwrap_or(0))
        ),
    };
    let plain = if plain.contains('.') {
        plain.trim_end_matches('0').trim_end_matches('.')
    } else {
        &plain
    };
    let trimmed = plain.trim_start_matches('0');
    let plain = if trimmed.is_empty() || trimmed.starts_with('.') {
        format!("0{trimmed}")
    } else {
        trimmed.to_owned()
    };
    if plain == "0" {
        plain
    } else {
        format!("{sign}{plain}")
    }
}

fn split_sign(text: &str) -> (&str, &str) {
    match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    }
}

/// Whether a code was stored as a number and lost digits: `9.14403E+17`, or 18 digits whose last three are zeros although
/// Excel keeps only 15. The lost digits cannot be repaired; the column must be exported again as text.
pub fn eaten_by_excel(text: &str) -> bool {
    let text = text.trim();
    if let Some((mantissa, exponent)) = text.split_once(['E', 'e']) {
        let is_mantissa = mantissa.contains('.') || mantissa.len() == 1;
        return is_mantissa
            && mantissa.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            && mantissa.starts_with(|c: char| c.is_ascii_digit())
            && exponent.starts_with('+')
            && exponent[1..].len() <= 2
            && exponent[1..].bytes().all(|b| b.is_ascii_digit())
            && exponent.len() > 1;
    }
    text.len() == 18
        && text.bytes().all(|b| b.is_ascii_digit())
        && text.ends_with("000")
        && !text.bytes().all(|b| b == b'0')
}

/// A whole number written with a decimal point (`1.0`, `02.00`) without it; other text unchanged.
pub fn whole_number(text: &str) -> &str {
    match text.split_once('.') {
        Some((whole, fraction))
            if !whole.is_empty()
                && !fraction.is_empty()
                && whole.bytes().all(|b| b.is_ascii_digit())
                && fraction.bytes().all(|b| b == b'0') =>
        {
            whole
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_written() {
        for (number, text) in [
            (1.0, "1"),
            (0.0, "0"),
            (-3.0, "-3"),
            (0.2, "0.2"),
            (0.00001, "0.00001"),
            (0.1 + 0.2, "0.3"),
            (1.11, "1.11"),
            (0.000005, "0.000005"),
            (43607.0, "43607"),
            (110_108_000_000_016.0, "110108000000016"),
            (12_345.678_901, "12345.678901"),
            (914_403_001_922_038_216.0, "9.14403001922038E+17"),
            (f64::NAN, "#NUM!"),
        ] {
            assert_eq!(number_text(number), text);
        }
    }

    #[test]
    fn exponents_are_written_out() {
        for (text, plain) in [
            ("1e-5", "0.00001"),
            ("1.5E3", "1500"),
            ("2.50e1", "25"),
            ("-1e-2", "-0.01"),
            ("0e0", "0"),
            ("abc", "abc"),
            ("3E", "3E"),
        ] {
            assert_eq!(plain_decimal(text), plain);
        }
    }

    #[test]
    fn codes_that_lost_their_digits_are_known() {
        for text in [
            "9.14403E+17",
            "9.14403001922038E+17",
            "914403001922038000",
            "1E+17",
        ] {
            assert!(eaten_by_excel(text), "{text}");
        }
        for text in [
            "914403001922038216",
            "91440300MA5E",
            "000000000000000000",
            "9144030071526726XG",
            "",
            "E+17",
            "91E123456789012345",
        ] {
            assert!(!eaten_by_excel(text), "{text}");
        }
    }

    #[test]
    fn states_written_as_decimals() {
        assert_eq!(whole_number("1.0"), "1");
        assert_eq!(whole_number("2"), "2");
        assert_eq!(whole_number("1.5"), "1.5");
        assert_eq!(whole_number("."), ".");
    }
}
