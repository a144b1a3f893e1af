//! Working time: working days and hours, bank holidays, school days, elapsed clocks across clock changes.
