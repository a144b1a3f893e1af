//! Sealing, keys and signatures.
