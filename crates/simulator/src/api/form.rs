//! Reading an upload: the one file of a `multipart/form-data` body.
//!
//! Not for: forms in general. WeChat wants part name `media` with a `filename`.

/// A file out of a form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct File<'a> {
    pub(crate) filename: String,
    pub(crate) content_type: String,
    pub(crate) bytes: &'a [u8],
}

/// The part named `name`. `None` when the body is no form, has no such part, or the part has no file name.
pub(crate) fn file<'a>(content_type: &str, body: &'a [u8], name: &str) -> Option<File<'a>> {
    let boundary = content_type.split(';').find_map(|p| p.trim().strip_prefix("boundary="))?;
    let mark = format!("--{}", boundary.trim_matches('"')).into_bytes();
    let mut rest = &body[find(body, &mark)? + mark.len()..];
    loop {
        // each part: CRLF headers CRLF CRLF content CRLF mark
        let part = rest.strip_prefix(b"\r\n")?;
        let head_end = find(part, b"\r\n\r\n")?;
        let head = std::str::from_utf8(&part[..head_end]).ok()?;
        let content = &part[head_end + 4..];
        let end = find(content, &mark)?;
        let bytes = content[..end].strip_suffix(b"\r\n")?;
        rest = &content[end + mark.len()..];
        if attribute(head, "name").as_deref() == Some(name) {
            let content_type = head
                .lines()
                .find_map(|l| {
                    l.to_ascii_lowercase().strip_prefix("content-type:").map(str::to_owned)
                })
                .map_or_else(String::new, |t| t.trim().to_owned());
            return Some(File { filename: attribute(head, "filename")?, content_type, bytes });
        }
    }
}

fn attribute(head: &str, name: &str) -> Option<String> {
    let line = head.lines().find(|l| l.to_ascii_lowercase().starts_with("content-disposition:"))?;
    line.split(';').find_map(|part| {
        let (k, v) = part.trim().split_once('=')?;
        (k == name).then(|| v.trim_matches('"').to_owned())
    })
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"--x\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\n{}\r\n--x\r\n\
        Content-Disposition: form-data; name=\"media\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\
        \x89PNG\r\n\r\n-\r\n--x--\r\n";

    #[test]
    fn the_named_file_is_found_among_parts() {
        let found = file("multipart/form-data; boundary=x", BODY, "media").unwrap();
        assert_eq!(found.filename, "a.png");
        assert_eq!(found.content_type, "image/png");
        assert_eq!(found.bytes, b"\x89PNG\r\n\r\n-");
    }

    #[test]
    fn a_part_without_a_file_name_or_a_cut_body_is_no_file() {
        assert_eq!(file("multipart/form-data; boundary=x", BODY, "description"), None);
        assert_eq!(file("multipart/form-data; boundary=x", &BODY[..120], "media"), None);
        assert_eq!(file("application/json", BODY, "media"), None);
    }
}
