//! Recipient letters, views and sensitivity classes: the columns of "who may see what" (domain 3.1).

use super::codes::code_list;

code_list! {
    /// The letter under which a recipient's view is cut (domain 3.1). Numbers are bit numbers.
    Letter {
        /// CADT, EDT, MASH.
        C = 0 => "C",
        /// CADT's safeguarding lead.
        CL = 1 => "CL",
        /// Police.
        P = 2 => "P",
        /// Family Safety Unit, IDVA.
        F = 3 => "F",
        /// MARAC coordinator.
        M = 4 => "M",
        /// An agency attending a MARAC, for MARAC kinds.
        K = 5 => "K",
        /// Area Team.
        A = 6 => "A",
        /// The emergency department.
        H1 = 7 => "H1",
        /// The hospital's safeguarding team.
        H2 = 8 => "H2",
        /// Health visitors, school nurses, maternity.
        N = 9 => "N",
        /// Young people's alcohol and drug service.
        R = 10 => "R",
        /// Missing and exploitation service.
        S = 11 => "S",
        /// A school's designated safeguarding lead.
        E = 12 => "E",
        /// Youth Justice Service.
        Y = 13 => "Y",
        /// Children-in-care team.
        L = 14 => "L",
        /// Another council's front door.
        X = 15 => "X",
        /// Designated officer.
        D = 16 => "D",
        /// Adult social care.
        Z = 17 => "Z",
        /// The sender.
        T = 18 => "T",
        /// Information governance.
        G = 19 => "G",
    }
}

code_list! {
    /// Which view a copy is cut by (domain 3.1, closed views).
    View {
        /// What the letter may see of the kind.
        Standard = 1 => "STANDARD",
        /// A&E's look-out on a missing child.
        Lookout = 2 => "LOOKOUT",
        /// A look-out or notice that has ended.
        Cancelled = 3 => "CANCELLED",
        /// An Area Team's information copy.
        Info = 4 => "INFO",
        /// The Family Safety Unit's task about a child with a safe address.
        SafeTask = 5 => "SAFE_TASK",
        /// Escalation outside the recipient agency: the envelope only.
        Ladder = 6 => "LADDER",
        /// A pathway state for the hospital.
        Pathway = 7 => "PATHWAY",
        /// What a referrer is told of a decision.
        Feedback = 8 => "FEEDBACK",
    }
}

code_list! {
    /// How sensitive a field is (domain 3.1).
    SensitivityClass {
        /// Envelope, codes, times.
        S0 = 0 => "S0",
        /// Identity.
        S1 = 1 => "S1",
        /// Context.
        S2 = 2 => "S2",
        /// Health, crime, abuse detail.
        S3 = 3 => "S3",
        /// Safety-critical; sealed.
        S4 = 4 => "S4",
    }
}

/// A set of recipient letters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct LetterSet(u32);

impl LetterSet {
    /// No letter.
    pub const NONE: Self = Self(0);

    /// The set with these bits, bit number = [`Letter::code`].
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The set of the given letters.
    #[must_use]
    pub fn of(letters: &[Letter]) -> Self {
        letters.iter().fold(Self::NONE, |set, letter| set.with(*letter))
    }

    /// The bits, bit number = [`Letter::code`].
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// This set and `letter`.
    #[must_use]
    pub const fn with(self, letter: Letter) -> Self {
        Self(self.0 | 1_u32.wrapping_shl(letter.code()))
    }

    /// Whether `letter` is in the set.
    #[must_use]
    pub const fn contains(self, letter: Letter) -> bool {
        self.0 & 1_u32.wrapping_shl(letter.code()) != 0
    }
}
