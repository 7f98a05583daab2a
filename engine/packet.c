#include "engine/packet.h"

#include "engine/base/bytes.h"
#include "engine/slip.h"

#define DIRECTION_REQUEST 0x00
#define DIRECTION_ANSWER 0x01
#define CHECKSUM_SEED 0xEF
#define STATUS_BYTES_MIN 2

uint8_t packet_checksum(const uint8_t *data, size_t size)
{
	uint8_t sum = CHECKSUM_SEED;

	for (size_t i = 0; i < size; i++)
		sum ^= data[i];
	return sum;
}

size_t packet_request(uint8_t op, const uint8_t *payload, size_t size, uint32_t checksum,
		      uint8_t *wire)
{
	uint8_t header[PACKET_HEADER_BYTES] = { DIRECTION_REQUEST, op };
	size_t n = 0;

	put_le16(header + 2, (uint16_t)size);
	put_le32(header + 4, checksum);
	wire[n++] = SLIP_END;
	n += slip_escape(header, sizeof(header), wire + n);
	n += slip_escape(payload, size, wire + n);
	wire[n++] = SLIP_END;
	return n;
}

enum packet_kind packet_parse(const uint8_t *frame, size_t size, struct packet *p)
{
	if (size < PACKET_HEADER_BYTES || frame[0] != DIRECTION_ANSWER)
		return PACKET_FOREIGN;
	*p = (struct packet){
		.op = frame[1],
		.value = get_le32(frame + 4),
		.body = frame + PACKET_HEADER_BYTES,
		.size = size - PACKET_HEADER_BYTES,
	};
	if (p->size < STATUS_BYTES_MIN || p->size != get_le16(frame + 2))
		return PACKET_DAMAGED;
	return PACKET_ANSWER;
}

size_t packet_status_at(const struct packet *p, size_t data_size)
{
	return p->size >= data_size + STATUS_BYTES_MIN ? data_size : 0;
}
