//! What can be told of a statement before it runs: that it only reads, which tables it names, which subject it is about.

use arrow::datatypes::Schema;

use super::QueryError;
use crate::store::Table;

/// A word, a quoted text or a sign of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// A name or keyword in lower case, quoted or not.
    Word(String),
    /// A text in single quotes.
    Text(String),
    /// Any other sign.
    Sign(char),
}

/// A statement that is one SELECT.
#[derive(Debug)]
pub(super) struct Statement(Vec<Token>);

impl Statement {
    /// Refuses everything but one SELECT, which may begin with WITH.
    pub(super) fn parse(sql: &str) -> Result<Statement, QueryError> {
        let mut tokens = tokens(sql);
        while tokens.last() == Some(&Token::Sign(';')) {
            tokens.pop();
        }
        let refuse = |what: String| Err(QueryError::NotOneSelect(what));
        match tokens.first() {
            None => return refuse("it is empty".to_owned()),
            Some(Token::Word(word)) if word == "select" || word == "with" => {}
            Some(Token::Sign('(')) => {}
            Some(Token::Word(word)) => return refuse(format!("it begins with {word:?}")),
            Some(_) => return refuse("it begins with no keyword".to_owned()),
        }
        if tokens.contains(&Token::Sign(';')) {
            return refuse("there are several statements".to_owned());
        }
        Ok(Statement(tokens))
    }

    /// Whether a table may be named: never false for one that is.
    pub(super) fn names(&self, table: &str) -> bool {
        self.0
            .iter()
            .any(|token| matches!(token, Token::Word(word) if word == table))
    }

    /// The columns of a table that the answer may rest on: those that the statement names, and all where a sign or word stands for
    /// several.
    pub(super) fn columns<'s>(&self, schema: &'s Schema) -> Vec<&'s str> {
        let several = self.0.iter().enumerate().any(|(at, token)| match token {
            Token::Word(word) => word == "columns" || word == "natural",
            Token::Sign('*') => !self.counts_rows(at) && !self.multiplies(at),
            _ => false,
        });
        let fields = schema.fields().iter().map(|field| field.name().as_str());
        fields.filter(|name| several || self.names(name)).collect()
    }

    /// The table whose rows the statement looks at one by one: each row of the answer comes from one row of this table, in its order,
    /// whatever other rows there are.
    pub(super) fn row_by_row(&self) -> Option<Table> {
        let is = |token: &Token, what: &str| matches!(token, Token::Word(word) if word == what);
        let mut froms = (0..self.0.len()).filter(|at| is(&self.0[*at], "from"));
        let from = froms.next().filter(|_| froms.next().is_none())?;
        let Token::Word(named) = self.at(from.checked_add(1))? else {
            return None;
        };
        let of_name = |table: &Table| named.strip_suffix("_log").unwrap_or(named) == table.name();
        let table = Table::ALL.into_iter().find(of_name)?;
        if self
            .at(from.checked_add(2))
            .is_some_and(|token| !is(token, "where"))
        {
            return None;
        }
        let schema = table.schema();
        let is_column = |word: &String| schema.column_with_name(word).is_some();
        let renames = |at: usize| {
            self.at(at.checked_sub(1))
                .is_some_and(|token| is(token, "as"))
        };
        let of_one_row = self.0.iter().enumerate().all(|(at, token)| match token {
            Token::Word(word) => {
                let before_bracket = self.at(at.checked_add(1)) == Some(&Token::Sign('('));
                match before_bracket {
                    true => BEFORE_BRACKET.contains(&word.as_str()),
                    false => {
                        at == from + 1
                            || OF_ONE_ROW.contains(&word.as_str())
                            || is_column(word)
                            || word.starts_with(|c: char| c.is_ascii_digit())
                            || renames(at)
                    }
                }
            }
            Token::Text(_) | Token::Sign(_) => true,
        });
        let selects = self.0.iter().filter(|token| is(token, "select")).count();
        // Values alone are one row, not one for each.
        let shows_rows = (0..from).any(|at| match &self.0[at] {
            Token::Word(word) => is_column(word) && !renames(at),
            Token::Sign('*') => !self.multiplies(at),
            _ => false,
        });
        (of_one_row && selects == 1 && shows_rows).then_some(table)
    }

    fn at(&self, place: Option<usize>) -> Option<&Token> {
        self.0.get(place?)
    }

    /// Whether the `*` at a place is that of `COUNT(*)`.
    fn counts_rows(&self, star: usize) -> bool {
        self.at(star.checked_sub(1)) == Some(&Token::Sign('('))
            && self.at(star.checked_sub(2)) == Some(&Token::Word("count".to_owned()))
    }

    /// Whether the `*` at a place stands between two values.
    fn multiplies(&self, star: usize) -> bool {
        /// What follows all columns.
        const BEHIND_ALL: [&str; 6] = ["from", "exclude", "except", "replace", "rename", "ilike"];
        let is_value = match self.at(star.checked_sub(1)) {
            Some(Token::Word(word)) => !["select", "distinct", "all"].contains(&word.as_str()),
            Some(Token::Text(_) | Token::Sign(')')) => true,
            _ => false,
        };
        is_value
            && match self.at(star.checked_add(1)) {
                Some(Token::Word(word)) => !BEHIND_ALL.contains(&word.as_str()),
                Some(Token::Text(_) | Token::Sign('(' | '-' | '+')) => true,
                _ => false,
            }
    }

    /// The one subject that all rows of the answer are about, where that is plain: one table, conditions joined by AND
    /// alone, one of them `subject_id = '…'`.
    pub(super) fn subject(&self) -> Option<&str> {
        // The AND of BETWEEN is another one.
        const NOT_PLAIN: [&str; 15] = [
            "between",
            "or",
            "not",
            "join",
            "union",
            "intersect",
            "except",
            "case",
            "with",
            "is",
            "in",
            "any",
            "all",
            "exists",
            "xor",
        ];
        let plain = !self
            .0
            .iter()
            .any(|t| matches!(t, Token::Word(word) if NOT_PLAIN.contains(&word.as_str())));
        let count = |word: &str| {
            let is = |t: &&Token| matches!(t, Token::Word(w) if w == word);
            self.0.iter().filter(is).count()
        };
        if !plain || count("select") != 1 || count("where") != 1 || count("from") != 1 {
            return None;
        }
        let at = |word: &str| {
            self.0
                .iter()
                .position(|t| matches!(t, Token::Word(w) if w == word))
        };
        let (from, start) = (at("from")?, at("where")?);
        if self.0[from..start].contains(&Token::Sign(',')) {
            return None;
        }
        let end = ["group", "having", "order", "limit", "qualify", "window"]
            .into_iter()
            .filter_map(at)
            .filter(|end| *end > start)
            .min()
            .unwrap_or(self.0.len());
        // Conditions are taken one by one; brackets end the search, for what they hold may be turned round.
        self.0[start + 1..end]
            .split(|t| matches!(t, Token::Word(word) if word == "and"))
            .find_map(|condition| match condition {
                [Token::Word(name), Token::Sign('='), Token::Text(id)] if name == "subject_id" => {
                    Some(id.as_str())
                }
                _ => None,
            })
    }
}

/// Keywords of statements that look at one row at a time.
const OF_ONE_ROW: [&str; 22] = [
    "select", "from", "where", "as", "and", "or", "not", "is", "null", "true", "false", "in",
    "like", "ilike", "between", "exclude", "date", "case", "when", "then", "else", "end",
];

/// Those of them that a bracket may follow. Behind any other word it calls a function, and aggregates and windows look at
/// several rows.
const BEFORE_BRACKET: [&str; 11] = [
    "select", "where", "and", "or", "not", "in", "between", "exclude", "when", "then", "else",
];

fn tokens(sql: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut rest = sql.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\'' | '"' | '`' => {
                let mut text = String::new();
                while let Some(next) = rest.next() {
                    if next != c {
                        text.push(next);
                    } else if rest.next_if_eq(&c).is_some() {
                        text.push(c);
                    } else {
                        break;
                    }
                }
                out.push(if c == '\'' {
                    Token::Text(text)
                } else {
                    Token::Word(text.to_lowercase())
                });
            }
            '-' if rest.next_if_eq(&'-').is_some() => {
                while rest.next_if(|next| *next != '\n').is_some() {}
            }
            '/' if rest.next_if_eq(&'*').is_some() => {
                let mut last = ' ';
                for next in rest.by_ref() {
                    if last == '*' && next == '/' {
                        break;
                    }
                    last = next;
                }
            }
            c if c.is_alphanumeric() || c == '_' => {
                let mut word: String = c.to_lowercase().collect();
                while let Some(next) = rest.next_if(|n| n.is_alphanumeric() || *n == '_') {
                    word.extend(next.to_lowercase());
                }
                out.push(Token::Word(word));
            }
            c if c.is_whitespace() => {}
            other => out.push(Token::Sign(other)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(sql: &str) -> Option<String> {
        Statement::parse(sql).unwrap().subject().map(str::to_owned)
    }

    #[test]
    fn only_one_select_is_taken() {
        for sql in [
            "SELECT 1",
            "with a as (select 1) select * from a;",
            "-- a note\nselect ';' from grades",
        ] {
            assert!(Statement::parse(sql).is_ok(), "{sql}");
        }
        for (sql, why) in [
            ("", "empty"),
            (" ; ", "empty"),
            ("drop table grades", "begins with \"drop\""),
            ("insert into grades select 1", "begins with \"insert\""),
            ("select 1; select 2", "several statements"),
        ] {
            let error = Statement::parse(sql).unwrap_err().to_string();
            assert!(error.contains(why), "{sql}: {error}");
        }
    }

    #[test]
    fn a_subject_is_found_only_where_it_is_plain() {
        let one = Some("9150".to_owned());
        for sql in [
            "select * from grades where subject_id = '9150'",
            "SELECT COUNT(*) FROM penalties WHERE fine_fen > 5 AND Subject_Id='9150' ORDER BY 1 LIMIT 3",
        ] {
            assert_eq!(subject(sql), one, "{sql}");
        }
        for sql in [
            "select * from grades",
            "select subject_id = '9150' from grades where rated",
            "select * from grades where subject_id = '9150' or rated",
            "select * from grades where (subject_id = '9150') = rated",
            "select * from grades where not subject_id = '9150'",
            "select * from grades a join penalties b on true where subject_id = '9150'",
            "select * from grades, penalties where subject_id = '9150'",
            "select * from grades where rated and (select 1 where subject_id = '9150')",
            "select * from grades where subject_id = '9150' = rated",
            "select * from penalties where fine_fen between 1 and subject_id = '9150'",
        ] {
            assert_eq!(subject(sql), None, "{sql}");
        }
    }

    #[test]
    fn columns_are_named_or_all_of_them() {
        let schema = crate::record::schema::grades();
        let columns = |sql: &str| Statement::parse(sql).unwrap().columns(&schema).len();
        let all = schema.fields().len();
        for sql in [
            "select * from grades",
            "select scheme, * from grades",
            "select g.* from grades g",
            "select distinct * from grades",
            "select distinct on (scheme) * from grades",
            "select * exclude (score) from grades",
            "select COLUMNS('^s') from grades",
            "select scheme from grades natural join measures",
            "select exists (select * from grades)",
            "select sum(*) from grades",
        ] {
            assert_eq!(columns(sql), all, "{sql}");
        }
        for (sql, named) in [
            ("select count(*) from grades", 0),
            ("select COUNT( * ), max(Score) from grades", 1),
            (
                "select score * 2, (score) * score, 3 * (score), 2 * -score from grades",
                1,
            ),
            ("select scheme from grades where \"grade\" = 'A' -- *", 2),
        ] {
            assert_eq!(columns(sql), named, "{sql}");
        }
    }

    #[test]
    fn rows_are_looked_at_one_by_one_where_that_is_plain() {
        let table = |sql: &str| Statement::parse(sql).unwrap().row_by_row();
        for sql in [
            "select * from grades",
            "select scheme, 2 * score as twice, 'x' as max from grades;",
            "SELECT * EXCLUDE (score) FROM \"Grades\" WHERE (rated OR NOT (score > 3.5)) AND grade IN ('A', 'B')",
            "select case when rated then grade else '-' end as g from grades where score between 1 and (2)",
        ] {
            assert_eq!(table(sql), Some(Table::Grades), "{sql}");
        }
        assert_eq!(
            table("select fine_fen from penalties_log where decided_on > date '2026-01-01'"),
            Some(Table::Penalties)
        );
        for sql in [
            "select 1 from grades",
            "select 2 * 3 as score from grades",
            "select count(*) from grades",
            "select max (score) from grades",
            "select distinct grade from grades",
            "select grade from grades limit 3",
            "select grade from grades order by score",
            "select grade from grades group by grade",
            "select g.grade from grades g",
            "select grade from grades, runs",
            "select grade from grades join runs on true",
            "select grade from grades union select grade from grades",
            "select grade from grades where score > (select max(score) from grades)",
            "select score, row_number() over (order by score) from grades",
            "select grade from (select * from grades)",
            "with a as (select * from grades) select grade from a",
            "select first(grade) from grades",
            "select columns('g') from grades",
            "select grade from nowhere",
        ] {
            assert_eq!(table(sql), None, "{sql}");
        }
    }

    #[test]
    fn tables_are_named_as_words() {
        let found = Statement::parse("select * from \"Penalties\" p, licenses_log").unwrap();
        assert!(found.names("penalties") && found.names("licenses_log"));
        assert!(!found.names("licenses"));
    }
}
