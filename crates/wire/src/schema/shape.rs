//! Shapes: the types of a service's data, and the constraints on them.

/// The number of a shape in its service's table.
pub type ShapeId = u16;

/// One shape.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The model's name for it.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Least length (characters, bytes, elements, entries) or value.
    pub min: Option<i64>,
    /// Greatest length or value.
    pub max: Option<i64>,
    /// The regular expression that the whole text must match, as the model writes it.
    pub pattern: Option<&'static str>,
    /// Whether messages must not repeat the value.
    pub sensitive: bool,
}

/// What a shape is.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Text; if there are values, one of them.
    String(&'static [&'static str]),
    /// Bytes.
    Blob,
    /// True or false.
    Boolean,
    /// A whole number of 32 bits.
    Integer,
    /// A whole number of 64 bits.
    Long,
    /// A floating-point number, of 32 or 64 bits.
    Double,
    /// A moment.
    Timestamp(Option<TimestampFormat>),
    /// A list.
    List {
        /// The shape of its elements.
        member: ShapeId,
        /// The element's name in XML and forms; `member` by default.
        name: Option<&'static str>,
    },
    /// A map from text.
    Map {
        /// The shape of its keys.
        key: ShapeId,
        /// The shape of its values.
        value: ShapeId,
        /// The key's name in XML and forms.
        key_name: &'static str,
        /// The value's name in XML and forms.
        value_name: &'static str,
    },
    /// A structure.
    Structure(&'static [Member]),
    /// A structure with exactly one member set.
    Union(&'static [Member]),
    /// Any JSON.
    Document,
}

/// How a timestamp is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampFormat {
    /// Seconds since the epoch, with a fraction.
    EpochSeconds,
    /// `2026-01-31T23:59:59Z`.
    DateTime,
    /// `Sat, 31 Jan 2026 23:59:59 GMT`.
    HttpDate,
}

/// Where a member travels in REST protocols. The others put every member into the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// In the body, under its name.
    Body,
    /// As the whole body.
    Payload,
    /// In the path.
    Label,
    /// In the query string; a map gives one parameter an entry.
    Query,
    /// In the header of its name.
    Header,
    /// In all headers that begin with its name.
    PrefixHeaders,
    /// As the response's status.
    StatusCode,
}

/// One member of a structure or union.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// The model's name for it.
    pub name: &'static str,
    /// Its name on the wire; the model's name unless the model says otherwise.
    pub wire: &'static str,
    /// Its shape.
    pub shape: ShapeId,
    /// Where it travels in REST protocols.
    pub location: Location,
    /// Whether it must be given.
    pub required: bool,
    /// Whether XML writes it as an attribute.
    pub xml_attribute: bool,
    /// Whether the elements of a list or map stand where it would itself, in XML and forms.
    pub flattened: bool,
    /// How it is written, where it is a timestamp that differs from its shape.
    pub timestamp: Option<TimestampFormat>,
}

impl Member {
    /// Whether a response carries it in its body. Path and query string exist in requests only.
    pub const fn in_response_body(&self) -> bool {
        matches!(self.location, Location::Body | Location::Label | Location::Query)
    }

    /// An optional member of the body.
    pub const fn new(name: &'static str, shape: ShapeId) -> Self {
        Self {
            name,
            wire: name,
            shape,
            location: Location::Body,
            required: false,
            xml_attribute: false,
            flattened: false,
            timestamp: None,
        }
    }

    /// The member, required.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The member under another name on the wire.
    #[must_use]
    pub const fn wire(mut self, name: &'static str) -> Self {
        self.wire = name;
        self
    }

    /// The member elsewhere than in the body.
    #[must_use]
    pub const fn at(mut self, location: Location) -> Self {
        self.location = location;
        self
    }

    /// The member as an attribute in XML.
    #[must_use]
    pub const fn xml_attribute(mut self) -> Self {
        self.xml_attribute = true;
        self
    }

    /// The member with its elements in its place.
    #[must_use]
    pub const fn flattened(mut self) -> Self {
        self.flattened = true;
        self
    }

    /// The member with its own timestamp format.
    #[must_use]
    pub const fn timestamp(mut self, format: TimestampFormat) -> Self {
        self.timestamp = Some(format);
        self
    }
}

impl Shape {
    /// A shape of any kind without constraints.
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, min: None, max: None, pattern: None, sensitive: false }
    }

    /// Text.
    pub const fn string(name: &'static str) -> Self {
        Self::new(name, Kind::String(&[]))
    }

    /// Text that is one of `values`.
    pub const fn one_of(name: &'static str, values: &'static [&'static str]) -> Self {
        Self::new(name, Kind::String(values))
    }

    /// A list of `member`.
    pub const fn list(name: &'static str, member: ShapeId) -> Self {
        Self::new(name, Kind::List { member, name: None })
    }

    /// A map from `key` to `value`.
    pub const fn map(name: &'static str, key: ShapeId, value: ShapeId) -> Self {
        Self::new(name, Kind::Map { key, value, key_name: "key", value_name: "value" })
    }

    /// A structure.
    pub const fn structure(name: &'static str, members: &'static [Member]) -> Self {
        Self::new(name, Kind::Structure(members))
    }

    /// A union.
    pub const fn union(name: &'static str, members: &'static [Member]) -> Self {
        Self::new(name, Kind::Union(members))
    }

    /// Any JSON.
    pub const fn document(name: &'static str) -> Self {
        Self::new(name, Kind::Document)
    }

    /// The shape with a least length or value.
    #[must_use]
    pub const fn min(mut self, min: i64) -> Self {
        self.min = Some(min);
        self
    }

    /// The shape with a greatest length or value.
    #[must_use]
    pub const fn max(mut self, max: i64) -> Self {
        self.max = Some(max);
        self
    }

    /// The shape with a pattern.
    #[must_use]
    pub const fn pattern(mut self, pattern: &'static str) -> Self {
        self.pattern = Some(pattern);
        self
    }

    /// The shape with values that messages must not repeat.
    #[must_use]
    pub const fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// The members of a structure or union, else none.
    pub const fn members(&self) -> &'static [Member] {
        match self.kind {
            Kind::Structure(members) | Kind::Union(members) => members,
            _ => &[],
        }
    }
}
