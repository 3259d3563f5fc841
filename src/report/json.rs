//! A JSON array written value by value, so that it may be larger than memory.

use std::io::{self, Write};

use serde_json::Value;

/// An array on its way out, laid out as if it were written at once.
pub struct JsonArray<'o> {
    out: &'o mut (dyn Write + Send),
    values: usize,
}

impl<'o> JsonArray<'o> {
    pub fn new(out: &'o mut (dyn Write + Send)) -> Self {
        Self { out, values: 0 }
    }

    /// Adds a value.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn push(&mut self, value: &Value) -> io::Result<()> {
        let begin = if self.values == 0 { "[\n" } else { ",\n" };
        self.values += 1;
        // Line breaks within texts are escaped, so those that stand there belong to the layout.
        let laid_out = format!("{value:#}").replace('\n', "\n  ");
        write!(self.out, "{begin}  {laid_out}")
    }

    /// Ends the array.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self) -> io::Result<()> {
        let end = if self.values == 0 { "[]\n" } else { "\n]\n" };
        self.out.write_all(end.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_array_is_laid_out_as_if_it_were_written_at_once() {
        let values = [
            json!({"等级": "优", "说明": "一\n行", "条": []}),
            json!(null),
            json!([{"n": 1}, {}]),
        ];
        for count in 0..=values.len() {
            let mut bytes = Vec::new();
            let mut array = JsonArray::new(&mut bytes);
            for value in &values[..count] {
                array.push(value).unwrap();
            }
            array.finish().unwrap();
            let at_once = format!("{:#}\n", Value::from(values[..count].to_vec()));
            assert_eq!(String::from_utf8(bytes).unwrap(), at_once);
        }
    }
}
