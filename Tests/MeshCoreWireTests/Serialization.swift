import WireCore

/// What a value writes.
func serialized(_ serialize: (inout ByteWriter) -> Void) -> [UInt8] {
    var writer = ByteWriter()
    serialize(&writer)
    return writer.finish()
}

/// What a parser makes of a whole buffer.
func parsed<Value>(_ bytes: [UInt8], _ parse: (inout ByteReader) throws -> Value) throws -> Value {
    var reader = ByteReader(bytes)
    return try parse(&reader)
}
