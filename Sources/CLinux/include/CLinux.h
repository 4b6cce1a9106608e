// What Swift cannot call by itself: ioctl, which takes a variable number of arguments, and netlink messages,
// which are built from macros. Every function returns zero or a positive result, or a negative errno.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Makes a descriptor of /dev/net/tun an interface that carries bare IP packets (IFF_TUN, IFF_NO_PI).
/// @param name at most 15 bytes
int clinux_tun_attach(int descriptor, const char *name);

/// Keeps the kernel from giving an interface IPv6 addresses of its own. Must come before the interface is up.
int clinux_link_disable_address_generation(uint32_t interface_index);

/// Sets the largest packet in bytes.
int clinux_link_set_mtu(uint32_t interface_index, uint32_t mtu);

/// Takes an interface up or down.
int clinux_link_set_up(uint32_t interface_index, bool up);

/// Gives an interface an IPv6 address, or takes it away. The address needs no duplicate detection.
/// @param address 16 bytes in network order
int clinux_address_change(bool add, uint32_t interface_index, const uint8_t *address, uint8_t prefix_length);

/// Routes an IPv6 prefix to an interface, or no longer.
/// @param prefix 16 bytes in network order
/// @param metric smaller is preferred; zero stands for the kernel's 1024
int clinux_route_change(
    bool add, uint32_t interface_index, const uint8_t *prefix, uint8_t prefix_length, uint32_t metric);

/// Fills a buffer from the kernel's generator.
int clinux_random(void *buffer, size_t count);

/// How many columns a terminal has.
int clinux_terminal_columns(int descriptor);
