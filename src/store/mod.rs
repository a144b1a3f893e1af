//! What the hub keeps, behind one port.
