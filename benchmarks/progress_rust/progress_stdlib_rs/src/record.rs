//! One line of a log.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub second: u64,
    pub host: String,
    pub level: Level,
    pub path: String,
    pub took_ms: u32,
    pub size: u32,
}

#[derive(Debug)]
pub enum BadLine {
    Missing(&'static str),
    Number(ParseIntError),
    Level(String),
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadLine::Missing(field) => write!(f, "no {field}"),
            BadLine::Number(error) => write!(f, "{error}"),
            BadLine::Level(word) => write!(f, "no level {word}"),
        }
    }
}

impl std::error::Error for BadLine {}

impl From<ParseIntError> for BadLine {
    fn from(error: ParseIntError) -> Self {
        BadLine::Number(error)
    }
}

impl FromStr for Level {
    type Err = BadLine;

    fn from_str(word: &str) -> Result<Self, BadLine> {
        match word.to_ascii_lowercase().as_str() {
            "debug" => Ok(Level::Debug),
            "info" => Ok(Level::Info),
            "warn" => Ok(Level::Warn),
            "error" => Ok(Level::Error),
            _ => Err(BadLine::Level(word.to_owned())),
        }
    }
}

impl FromStr for Record {
    type Err = BadLine;

    fn from_str(line: &str) -> Result<Self, BadLine> {
        let mut words = line.split_whitespace();
        let second = words.next().ok_or(BadLine::Missing("time"))?.parse()?;
        let host = words.next().ok_or(BadLine::Missing("host"))?.to_owned();
        let level = words.next().ok_or(BadLine::Missing("level"))?.parse()?;
        let mut field = |name: &'static str| {
            let (found, value) = words.next()?.split_once('=')?;
            (found == name).then(|| value.to_owned())
        };
        Ok(Record {
            second,
            host,
            level,
            path: field("path").ok_or(BadLine::Missing("path"))?,
            took_ms: field("took").ok_or(BadLine::Missing("took"))?.parse()?,
            size: field("size").ok_or(BadLine::Missing("size"))?.parse()?,
        })
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute) = (self.second / 3600, self.second / 60 % 60);
        write!(f, "{hour:02}:{minute:02} {} {} {} ms", self.host, self.path, self.took_ms)
    }
}
