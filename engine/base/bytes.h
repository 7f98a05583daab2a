/*
 * Little-endian integers on the wire and in files, and small texts.
 */
#ifndef ENGINE_BASE_BYTES_H
#define ENGINE_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint16_t get_le16(const uint8_t *p);
uint32_t get_le32(const uint8_t *p);
void put_le16(uint8_t *p, uint16_t value);
void put_le32(uint8_t *p, uint32_t value);

/* Lower-case hex of size bytes; text holds 2 * size + 1 characters. */
void hex_text(const uint8_t *bytes, size_t size, char *text);
/* The other way; false unless text is exactly 2 * size hex digits. */
bool hex_bytes(const char *text, uint8_t *bytes, size_t size);

#define MAC_BYTES 6
#define MAC_TEXT_BYTES 18
/* "24:0a:c4:00:01:10" */
void mac_text(const uint8_t mac[static MAC_BYTES], char text[static MAC_TEXT_BYTES]);

/* Adds to a text that stays whole: with separator in between, or not at all when it does
 * not fit into size. An empty `more` adds nothing. */
void text_append(char *text, size_t size, const char *separator, const char *more);

#endif
