//! The acceptance scenarios of domain 9, as far as policy decides them: recipients, priorities, deadlines, rows.

mod alcohol;
mod conflict;
mod correction;
mod councils;
mod domestic_abuse;
mod help;
mod interview;
mod long;
mod marac;
mod missing;
mod naming;
mod pathway;
mod police;
mod referrals;
mod repeats;
