//! A CSV file of the register as it comes: plain or gzipped, in Windows-1252, its rows as long as
//! they like. Its bytes are hashed and counted on the way.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;

use csv::ByteRecord;
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use flate2::read::MultiGzDecoder;
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest as _, Sha256};

use super::ImportError;

/// How gzipped files begin.
const GZIP: &[u8] = &[0x1f, 0x8b];
/// How files saved as UTF-8 by a spreadsheet begin.
const UTF_8_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// The file's own bytes, hashed and shown as progress while they are read.
struct Tap {
    file: BufReader<File>,
    hash: Sha256,
    bar: ProgressBar,
}

impl Read for Tap {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.hash.update(&buffer[..count]);
        self.bar.inc(count as u64);
        Ok(count)
    }
}

enum Input {
    Plain(Tap),
    Gzipped(MultiGzDecoder<Tap>),
}

/// The text of the file; remembers how it ends.
struct Text {
    input: Input,
    last: Option<u8>,
    open_quote: bool,
}

impl Text {
    /// Some genuine files have no line break at their end. Then only a closed quote tells that the
    /// last cell is whole.
    fn ends_well(&self) -> bool {
        match self.last {
            Some(b'\n') => true,
            Some(b'"') => !self.open_quote,
            _ => false,
        }
    }
}

impl Read for Text {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match &mut self.input {
            Input::Plain(tap) => tap.read(buffer)?,
            Input::Gzipped(decoder) => decoder.read(buffer)?,
        };
        if let Some(last) = buffer[..count].last() {
            self.last = Some(*last);
            for byte in &buffer[..count] {
                self.open_quote ^= *byte == b'"';
            }
        }
        Ok(count)
    }
}

/// One row as read.
pub struct Line {
    /// Line of the file on which it begins, from 1.
    pub number: u64,
    /// Set when the row ends before the header does, to how many columns it has.
    pub short: Option<usize>,
}

/// A file being read row by row.
pub struct Source {
    reader: csv::Reader<Text>,
    encoding: &'static Encoding,
    /// Names of the columns.
    pub header: Vec<String>,
    name: String,
    last_was_short: bool,
    /// The csv reader counts the line feed of CR LF only with the next row: then rows begin a line
    /// later than it says.
    line_lag: u64,
}

impl Source {
    /// Opens the file and reads its header.
    ///
    /// # Errors
    /// A file that is not there, cannot be read, or is empty.
    pub fn open(path: &Path) -> Result<Self, ImportError> {
        let name = path.display().to_string();
        let refused = |error: &dyn std::fmt::Display| {
            ImportError::Refused(format!("{name} cannot be read: {error}"))
        };
        let file = File::open(path).map_err(|error| refused(&error))?;
        let size = file.metadata().map_err(|error| refused(&error))?.len();
        let mut file = BufReader::with_capacity(1 << 16, file);
        let gzipped = file.fill_buf().map_err(|error| refused(&error))?.starts_with(GZIP);
        let tap = Tap { file, hash: Sha256::new(), bar: progress(size) };
        let input =
            if gzipped { Input::Gzipped(MultiGzDecoder::new(tap)) } else { Input::Plain(tap) };
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(1 << 16)
            .from_reader(Text { input, last: None, open_quote: false });
        let mut record = ByteRecord::new();
        let any = reader.read_byte_record(&mut record).map_err(|error| refused(&error))?;
        if !any {
            return Err(ImportError::Refused(format!("{name} is empty")));
        }
        // The csv reader takes a byte order mark away only from the first field it returns.
        let marked = record.get(0).is_some_and(|it| it.starts_with(UTF_8_MARK));
        let encoding = if marked { UTF_8 } else { WINDOWS_1252 };
        let header = record
            .iter()
            .map(|cell| cell.strip_prefix(UTF_8_MARK).unwrap_or(cell))
            .map(|cell| encoding.decode_without_bom_handling(cell).0)
            .map(|cell| cell.trim().trim_matches('"').to_owned())
            .collect();
        let line_lag = u64::from(reader.position().line() == 1);
        Ok(Self { reader, encoding, header, name, last_was_short: false, line_lag })
    }

    /// Reads the next row into `record`; none at the end.
    ///
    /// # Errors
    /// A file that breaks off inside its compression.
    pub fn next(&mut self, record: &mut ByteRecord) -> Result<Option<Line>, ImportError> {
        let any = self.reader.read_byte_record(record).map_err(|error| {
            ImportError::Refused(format!("{} is cut off or damaged: {error}", self.name))
        })?;
        if !any {
            return Ok(None);
        }
        let short = (record.len() < self.header.len()).then_some(record.len());
        self.last_was_short = short.is_some();
        let number = record.position().map_or(0, csv::Position::line) + self.line_lag;
        Ok(Some(Line { number, short }))
    }

    /// Decodes a cell; those beyond the end of the row are empty.
    pub fn cell<'a>(&self, record: &'a ByteRecord, at: usize) -> Cow<'a, str> {
        let bytes = record.get(at).unwrap_or_default();
        self.encoding.decode_without_bom_handling(bytes).0
    }

    /// Ends the reading: the SHA-256 of the file, hexadecimal.
    ///
    /// # Errors
    /// A file whose last row is not whole.
    pub fn finish(self) -> Result<String, ImportError> {
        let text = self.reader.into_inner();
        if self.last_was_short || !text.ends_well() {
            return Err(ImportError::Refused(format!(
                "{} is cut off: its last row is not whole",
                self.name
            )));
        }
        let tap = match text.input {
            Input::Plain(tap) => tap,
            Input::Gzipped(decoder) => decoder.into_inner(),
        };
        tap.bar.finish_and_clear();
        Ok(format!("{:x}", tap.hash.finalize()))
    }
}

/// A bar over the bytes of the file; not drawn where standard error is no terminal.
fn progress(size: u64) -> ProgressBar {
    let bar = ProgressBar::new(size);
    let style = ProgressStyle::with_template("{bar:40} {percent:>3}% of {total_bytes}, {eta} left");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}
