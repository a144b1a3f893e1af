//! Generated contract types, parsing and rendering.
