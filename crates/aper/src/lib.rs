//! aper
