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

// Serial peripheral interface (spidev).

/// Opens a spidev device in mode 0 with 8 bits a word.
/// @param has_chip_select whether the kernel selects the chip
/// @return the descriptor
int clinux_spi_open(const char *path, uint32_t hertz, bool has_chip_select);

/// Sends and receives at once.
int clinux_spi_exchange(int descriptor, const uint8_t *output, uint8_t *input, size_t count, uint32_t hertz);

// Lines of general-purpose input and output, by version 2 of the kernel's interface.

enum clinux_gpio_direction {
    CLINUX_GPIO_INPUT,
    CLINUX_GPIO_INPUT_RISING,
    CLINUX_GPIO_OUTPUT_LOW,
    CLINUX_GPIO_OUTPUT_HIGH,
};

/// The label of a chip.
/// @param buffer at least 32 bytes
int clinux_gpio_label(int chip_descriptor, char *buffer);

/// Takes a line.
/// @return its descriptor; with CLINUX_GPIO_INPUT_RISING it can be read whenever the line has risen
int clinux_gpio_request(int chip_descriptor, uint32_t offset, enum clinux_gpio_direction direction);

/// @return 0 or 1
int clinux_gpio_get(int line_descriptor);

int clinux_gpio_set(int line_descriptor, bool value);

// Serial ports.

/// Opens a serial port, raw, with eight bits and neither parity nor flow control, for this program alone.
/// @param bits_per_second 9600, 19200, 38400, 57600, 115200, 230400, 460800 or 921600
/// @return the descriptor
int clinux_serial_open(const char *path, uint32_t bits_per_second);

/// Opens a pseudo-terminal.
/// @param path takes the path of the end for other programs, with its terminating zero
/// @return the descriptor of this program's end, which does not block
int clinux_terminal_open(char *path, size_t size);
