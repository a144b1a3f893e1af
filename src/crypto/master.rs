//! The master key: wraps the key of every key file, and lies elsewhere.

use std::fmt;
use std::path::Path;

use zeroize::Zeroizing;

use crate::env::{Entropy, random};

use super::error::KeyError;
use super::files;
use super::secret::Secret;

/// 64 hexadecimal digits and a line end.
const FILE_BYTES_MAX: u64 = 66;

/// The key above all data keys. From a file or a command's output, never stored beside what it protects.
pub struct MasterKey(Secret);

impl MasterKey {
    /// Reads the key from a file: 32 bytes, or 64 hexadecimal digits with or without a line end.
    ///
    /// # Errors
    /// When it cannot be read, is of another form, may be read by others than its owner, or lies inside
    /// `data_dir`, where whoever takes the data would take the key as well.
    pub fn from_file(path: &Path, data_dir: &Path) -> Result<Self, KeyError> {
        let place = path.canonicalize().map_err(KeyError::io("find", path))?;
        // A data directory that is not there yet holds nothing.
        if data_dir.canonicalize().is_ok_and(|data_dir| place.starts_with(data_dir)) {
            return Err(KeyError::MasterKeyFile { rule: "outside the data directory" });
        }
        let rule = "a file of at most 66 bytes that only its owner may read (mode 0600 or 0400)";
        let bytes =
            files::read_secret(&place, FILE_BYTES_MAX)?.ok_or(KeyError::MasterKeyFile { rule })?;
        Self::parse(&bytes)
    }

    /// Reads the key from bytes of the same form, e.g. a command's output.
    ///
    /// # Errors
    /// When they are of another form.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyError> {
        let mut secret = Zeroizing::new([0; 32]);
        if bytes.len() == secret.len() {
            secret.copy_from_slice(bytes);
            return Ok(Self(secret));
        }
        let rule = "32 bytes or 64 hexadecimal digits";
        let malformed = || KeyError::MasterKeyFile { rule };
        let digits = bytes.trim_ascii_end();
        if digits.len() != 64 {
            return Err(malformed());
        }
        for (byte, pair) in secret.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = pair
                .iter()
                .try_fold(0_u8, |high, digit| {
                    let low =
                        char::from(*digit).to_digit(16).and_then(|low| u8::try_from(low).ok())?;
                    Some(high.wrapping_shl(4) | low)
                })
                .ok_or_else(malformed)?;
        }
        Ok(Self(secret))
    }

    /// Makes a new key and writes it to a file that must not exist, for its owner's eyes only.
    ///
    /// # Errors
    /// When the file exists or cannot be written.
    pub fn generate_file(path: &Path, entropy: &dyn Entropy) -> Result<Self, KeyError> {
        let key = Self(Zeroizing::new(random(entropy)));
        let mut text = Zeroizing::new(Vec::with_capacity(65));
        for byte in key.0.iter() {
            text.extend(hex_digits(*byte));
        }
        text.push(b'\n');
        files::create_secret(path, &text)?;
        Ok(key)
    }

    pub(crate) fn secret(&self) -> &[u8; 32] {
        &self.0
    }
}

fn hex_digits(byte: u8) -> [u8; 2] {
    let digit = |value: u8| {
        if value < 10 { b'0' | value } else { b'a'.wrapping_add(value.wrapping_sub(10)) }
    };
    [digit(byte.wrapping_shr(4)), digit(byte & 0x0F)]
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey [redacted]")
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::env::FakeEntropy;

    fn rule(error: &KeyError) -> String {
        assert_eq!(error.reason(), "MASTER_KEY_FILE");
        error.to_string().replace("the master key file must be ", "")
    }

    #[test]
    fn a_generated_key_is_read_back_and_only_its_owner_may_read_it() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("master.key");

        let made = MasterKey::generate_file(&path, &FakeEntropy::seeded(1)).unwrap();
        let read = MasterKey::from_file(&path, &place.path().join("data")).unwrap();

        assert_eq!(made.secret(), read.secret());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let again = MasterKey::generate_file(&path, &FakeEntropy::seeded(2)).unwrap_err();
        assert_eq!(again.reason(), "KEYS_IO", "an existing key is never overwritten");
    }

    #[test]
    fn a_key_is_thirty_two_bytes_or_sixty_four_hexadecimal_digits() {
        let raw = MasterKey::parse(&[0xA5; 32]).unwrap();

        for text in ["a5".repeat(32), "A5".repeat(32) + "\n", "a5".repeat(32) + "\r\n"] {
            assert_eq!(MasterKey::parse(text.as_bytes()).unwrap().secret(), raw.secret());
        }
        for wrong in ["", "a5", &"a5".repeat(31), &"g5".repeat(32), &"a5".repeat(33)] {
            let error = MasterKey::parse(wrong.as_bytes()).unwrap_err();
            assert_eq!(rule(&error), "32 bytes or 64 hexadecimal digits");
        }
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("master.key");
        MasterKey::generate_file(&path, &FakeEntropy::seeded(1)).unwrap();

        for mode in [0o640, 0o604, 0o660] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = MasterKey::from_file(&path, &place.path().join("data")).unwrap_err();
            assert!(rule(&error).contains("only its owner"));
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        assert!(MasterKey::from_file(&path, &place.path().join("data")).is_ok());
    }

    #[test]
    fn a_key_inside_the_data_directory_is_refused_by_whatever_path() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("master.key");
        MasterKey::generate_file(&path, &FakeEntropy::seeded(1)).unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let link = elsewhere.path().join("link.key");
        std::os::unix::fs::symlink(&path, &link).unwrap();

        for path in [&path, &link, &data.path().join("..").join(path.strip_prefix("/tmp").unwrap())]
        {
            let error = MasterKey::from_file(path, data.path()).unwrap_err();
            assert_eq!(rule(&error), "outside the data directory");
        }
    }

    #[test]
    fn a_key_does_not_print_itself() {
        assert_eq!(format!("{:?}", MasterKey::parse(&[1; 32]).unwrap()), "MasterKey [redacted]");
    }
}
