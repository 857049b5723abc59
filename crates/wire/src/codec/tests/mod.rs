//! Every codec over one schema that has a shape of every kind.

mod bytes;
mod fuzz;
mod rest;
mod round_trip;
mod wrong_types;

use crate::schema::{Kind, Member, ServiceSchema, Shape, TimestampFormat};

static SHAPES: [Shape; 18] = [
    Shape::structure(
        "Everything",
        const {
            &[
                Member::new("Text", 1),
                Member::new("Bytes", 2).wire("raw"),
                Member::new("Flag", 3),
                Member::new("Whole", 4),
                Member::new("Large", 5),
                Member::new("Real", 6),
                Member::new("Seconds", 7).timestamp(TimestampFormat::EpochSeconds),
                Member::new("Moment", 7).timestamp(TimestampFormat::DateTime),
                Member::new("Texts", 9),
                Member::new("Flat", 10).flattened(),
                Member::new("Numbers", 11),
                Member::new("FlatMap", 12).flattened(),
                Member::new("Inner", 13),
                Member::new("Inners", 14),
                Member::new("Either", 15),
            ]
        },
    ),
    Shape::string("Text"),
    Shape::new("Bytes", Kind::Blob),
    Shape::new("Flag", Kind::Boolean),
    Shape::new("Whole", Kind::Integer),
    Shape::new("Large", Kind::Long),
    Shape::new("Real", Kind::Double),
    Shape::new("Moment", Kind::Timestamp(None)),
    Shape::document("Any"),
    Shape::list("Texts", 1),
    Shape::new("Flat", Kind::List { member: 13, name: Some("item") }),
    Shape::map("Numbers", 1, 4),
    Shape::new("FlatMap", Kind::Map { key: 1, value: 9, key_name: "Name", value_name: "Value" }),
    Shape::structure(
        "Inner",
        const {
            &[
                Member::new("Id", 1).xml_attribute(),
                Member::new("Name", 1),
                Member::new("Deeper", 13),
                Member::new("More", 16),
            ]
        },
    ),
    Shape::list("Inners", 13),
    Shape::union("Either", const { &[Member::new("A", 1), Member::new("B", 4)] }),
    Shape::new("More", Kind::List { member: 17, name: Some("entry") }),
    Shape::map("Tags", 1, 1),
];

static SERVICE: ServiceSchema = ServiceSchema { shapes: &SHAPES, ..ServiceSchema::EMPTY };
