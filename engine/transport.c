#include "engine/transport.h"

enum status transport_read(struct transport *t, uint8_t *buf, size_t size, size_t *got,
			   struct deadline d, struct err *err)
{
	*got = 0;
	return t->ops->read(t, buf, size, got, d, err);
}

enum status transport_write(struct transport *t, const uint8_t *buf, size_t size, struct deadline d,
			    struct err *err)
{
	return t->ops->write(t, buf, size, d, err);
}

enum status transport_set_baud(struct transport *t, uint32_t rate_baud, uint32_t *actual_baud,
			       struct err *err)
{
	*actual_baud = 0;
	return t->ops->set_baud(t, rate_baud, actual_baud, err);
}

enum status transport_set_lines(struct transport *t, bool dtr, bool rts, struct err *err)
{
	return t->ops->set_lines(t, dtr, rts, err);
}

enum status transport_discard(struct transport *t, struct err *err)
{
	return t->ops->discard(t, err);
}

void transport_close(struct transport *t)
{
	if (t)
		t->ops->close(t);
}
