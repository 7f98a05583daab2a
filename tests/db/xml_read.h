/*
 * A reader of XML as strict as a test needs it: it fails the test on anything that is not
 * well-formed XML 1.0 in UTF-8. No comments, CDATA or DTD: nobody here writes them.
 */
#ifndef TESTS_DB_XML_READ_H
#define TESTS_DB_XML_READ_H

#include <stdbool.h>
#include <stddef.h>

#define XML_DEPTH_MAX 8
#define XML_ATTRIBUTES_MAX 16

enum xml_event { XML_OPEN, XML_CLOSE, XML_TEXT, XML_END };

struct xml {
	const char *at;
	bool is_empty; /* <a/>: its close comes next */
	unsigned depth;
	char open[XML_DEPTH_MAX][32]; /* the elements that are open */
	size_t attribute_count;
	struct {
		char name[32];
		char *value;
	} attributes[XML_ATTRIBUTES_MAX]; /* of the last XML_OPEN */
	char *text;                       /* of XML_TEXT, decoded */
};

/* text has to live as long; xml_release in the end. */
void xml_begin(struct xml *x, const char *text);
void xml_release(struct xml *x);
enum xml_event xml_next(struct xml *x);
/* Of the last XML_OPEN, NULL without; lent until the next event. */
const char *xml_attribute_of(const struct xml *x, const char *name);
/* The innermost element that is open; "" outside of all. */
const char *xml_element(const struct xml *x);

#endif
