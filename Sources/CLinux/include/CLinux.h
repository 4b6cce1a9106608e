// What Swift cannot call by itself: ioctl, which takes a variable number of arguments, and netlink messages,
// which are built from macros. Every function returns zero or a positive result, or a negative errno.
//
// Functions that take a namespace descriptor work in that network namespace, or in the caller's when it is -1.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Opens /dev/net/tun, nonblocking.
/// @return the descriptor
int clinux_tun_open(int namespace_descriptor);

/// Makes a descriptor of /dev/net/tun an interface that carries bare IP packets (IFF_TUN, IFF_NO_PI).
/// @param name at most 15 bytes
int clinux_tun_attach(int descriptor, const char *name);

/// The number of an interface.
int clinux_interface_index(int namespace_descriptor, const char *name);

/// Writes the names of all interfaces that fit, a newline behind each.
/// @return how many bytes
int clinux_interface_names(int namespace_descriptor, char *buffer, size_t size);

/// Opens a file below /proc/sys/net.
/// @return the descriptor
int clinux_setting_open(int namespace_descriptor, const char *path, bool writes);

/// Keeps the kernel from giving an interface IPv6 addresses of its own. Must come before the interface is up.
int clinux_link_disable_address_generation(int namespace_descriptor, uint32_t interface_index);

/// Sets the largest packet in bytes.
int clinux_link_set_mtu(int namespace_descriptor, uint32_t interface_index, uint32_t mtu);

/// Takes an interface up or down.
int clinux_link_set_up(int namespace_descriptor, uint32_t interface_index, bool up);

/// Gives an interface an IPv6 address, or takes it away. The address needs no duplicate detection.
/// @param address 16 bytes in network order
int clinux_address_change(
    int namespace_descriptor, bool add, uint32_t interface_index, const uint8_t *address, uint8_t prefix_length);

/// Routes an IPv6 prefix to an interface, or no longer.
/// @param prefix 16 bytes in network order
/// @param metric smaller is preferred; zero stands for the kernel's 1024
int clinux_route_change(
    int namespace_descriptor, bool add, uint32_t interface_index, const uint8_t *prefix, uint8_t prefix_length,
    uint32_t metric);

/// Fills a buffer from the kernel's generator.
int clinux_random(void *buffer, size_t count);

/// How many columns a terminal has.
int clinux_terminal_columns(int descriptor);
