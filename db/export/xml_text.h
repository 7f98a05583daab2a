/* Text as XML 1.0, well-formed whatever the bytes are. Internal to db/. */
#ifndef DB_XML_TEXT_H
#define DB_XML_TEXT_H

#include "db/span.h"

#include <stdio.h>

/*
 * Character data, which a parser gives back as it was, but for what XML 1.0 cannot carry even
 * escaped: a control character becomes its picture (U+2400 and on, so BEL is U+2407), U+FFFE,
 * U+FFFF and bytes that are no UTF-8 become U+FFFD.
 */
void xml_text(FILE *out, struct span span);

/* " name="value"", with line ends and tabs kept from normalization. NULL text writes nothing. */
void xml_attribute(FILE *out, const char *name, struct span span);

#endif
