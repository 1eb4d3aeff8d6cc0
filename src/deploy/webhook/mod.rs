//! What platforms send by themselves: who may send it, and what it says of a deployment.
//!
//! * [`signature`] holds a delivery to the secret, over its raw bytes, in constant time
//! * [`delivery`] finds the delivery's own id and the sighting in it
//!
//! Reads no network and no clock; what time it is is said to it.

pub mod delivery;
pub mod signature;

pub use delivery::{Delivery, Reading as Parsed, parse};
pub use signature::{Forged, verify};

/// Who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sender {
    GitHub,
    Vercel,
    Railway,
    Render,
    Netlify,
    /// Anything that can sign a small document of ours.
    Generic,
}

impl Sender {
    pub const ALL: [Self; 6] = [Self::GitHub, Self::Vercel, Self::Railway, Self::Render, Self::Netlify, Self::Generic];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::Vercel => "vercel",
            Self::Railway => "railway",
            Self::Render => "render",
            Self::Netlify => "netlify",
            Self::Generic => "generic",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }

    /// Whether a delivery proves by itself who sent it. Railway signs nothing: its secret is a part of the address.
    #[must_use]
    pub fn is_signed(self) -> bool {
        self != Self::Railway
    }
}

/// The headers of a delivery, by their names in small letters.
pub trait Headers {
    fn header(&self, name: &str) -> Option<&str>;
}

impl Headers for http::HeaderMap {
    fn header(&self, name: &str) -> Option<&str> {
        // One that is there twice is none: which of the two was signed cannot be told.
        let mut all = self.get_all(name).iter();
        let first = all.next()?;
        if all.next().is_some() { None } else { first.to_str().ok() }
    }
}

#[cfg(test)]
mod tests;
