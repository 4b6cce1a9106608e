#define _GNU_SOURCE  // setns

#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/spi/spidev.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <termios.h>
#include <unistd.h>

// What is to be done in another network namespace. The kernel keeps the namespace per thread, and descriptors stay
// in the one that they were opened in, so a short-lived thread opens them.
struct visit {
    int namespace_descriptor;
    int (*body)(void *argument);
    void *argument;
    int result;
};

static void *enter(void *argument) {
    struct visit *visit = argument;
    if (setns(visit->namespace_descriptor, CLONE_NEWNET) < 0) visit->result = -errno;
    else visit->result = visit->body(visit->argument);
    return NULL;
}

static int within(int namespace_descriptor, int (*body)(void *argument), void *argument) {
    if (namespace_descriptor < 0) return body(argument);
    struct visit visit = {.namespace_descriptor = namespace_descriptor, .body = body, .argument = argument};
    pthread_t thread;
    int failure = pthread_create(&thread, NULL, enter, &visit);
    if (failure != 0) return -failure;
    pthread_join(thread, NULL);
    return visit.result;
}

static int open_tun(void *argument) {
    int descriptor = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

int clinux_tun_open(int namespace_descriptor) { return within(namespace_descriptor, open_tun, NULL); }

int clinux_tun_attach(int descriptor, const char *name) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    if (strlen(name) >= sizeof request.ifr_name) return -ENAMETOOLONG;
    strcpy(request.ifr_name, name);
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    return ioctl(descriptor, TUNSETIFF, &request) < 0 ? -errno : 0;
}

static int find_interface(void *argument) {
    unsigned index = if_nametoindex(argument);
    return index == 0 ? -errno : (int)index;
}

int clinux_interface_index(int namespace_descriptor, const char *name) {
    return within(namespace_descriptor, find_interface, (void *)name);
}

struct listing {
    char *buffer;
    size_t size;
};

static int list_interfaces(void *argument) {
    struct listing *listing = argument;
    struct if_nameindex *interfaces = if_nameindex();
    if (interfaces == NULL) return -errno;
    size_t used = 0;
    for (struct if_nameindex *next = interfaces; next->if_name != NULL; next++) {
        size_t length = strlen(next->if_name);
        if (used + length + 1 > listing->size) break;
        memcpy(listing->buffer + used, next->if_name, length);
        listing->buffer[used + length] = '\n';
        used += length + 1;
    }
    if_freenameindex(interfaces);
    return (int)used;
}

int clinux_interface_names(int namespace_descriptor, char *buffer, size_t size) {
    struct listing listing = {.buffer = buffer, .size = size};
    return within(namespace_descriptor, list_interfaces, &listing);
}

struct setting {
    const char *path;
    int flags;
};

static int open_setting(void *argument) {
    const struct setting *setting = argument;
    int descriptor = open(setting->path, setting->flags | O_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

int clinux_setting_open(int namespace_descriptor, const char *path, bool writes) {
    struct setting setting = {.path = path, .flags = writes ? O_WRONLY : O_RDONLY};
    return within(namespace_descriptor, open_setting, &setting);
}

// A request to the kernel's routing tables: header, one fixed structure, attributes behind it.
struct request {
    struct nlmsghdr header;
    char body[256];
};

static void begin(struct request *request, uint16_t type, uint16_t flags, const void *fixed, size_t size) {
    memset(request, 0, sizeof *request);
    request->header.nlmsg_type = type;
    request->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
    request->header.nlmsg_seq = 1;
    request->header.nlmsg_len = NLMSG_LENGTH(size);
    memcpy(NLMSG_DATA(&request->header), fixed, size);
}

// Every attribute here has a fixed size, so that the body cannot overflow.
static struct rtattr *append(struct request *request, uint16_t type, const void *data, size_t size) {
    struct rtattr *attribute = (struct rtattr *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));
    attribute->rta_type = type;
    attribute->rta_len = RTA_LENGTH(size);
    if (size > 0) memcpy(RTA_DATA(attribute), data, size);
    request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
    return attribute;
}

// Makes an attribute contain all that was appended after it.
static void enclose(struct request *request, struct rtattr *attribute) {
    attribute->rta_len = (char *)request + request->header.nlmsg_len - (char *)attribute;
}

static int open_netlink(void *argument) {
    int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    return descriptor < 0 ? -errno : descriptor;
}

static int perform(int namespace_descriptor, struct request *request) {
    int descriptor = within(namespace_descriptor, open_netlink, NULL);
    if (descriptor < 0) return descriptor;
    // The kernel answers at once; the limit only keeps a fault from hanging the caller.
    struct timeval limit = {.tv_sec = 5};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    int result = 0;
    if (sendto(descriptor, request, request->header.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0) {
        result = -errno;
    } else {
        struct {
            struct nlmsghdr header;
            char body[4096];
        } answer;
        ssize_t count;
        do count = recv(descriptor, &answer, sizeof answer, 0);
        while (count < 0 && errno == EINTR);
        if (count < 0) result = -errno;
        else if (count < (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)) || answer.header.nlmsg_type != NLMSG_ERROR)
            result = -EPROTO;
        else result = ((struct nlmsgerr *)NLMSG_DATA(&answer.header))->error;
    }
    close(descriptor);
    return result;
}

int clinux_link_disable_address_generation(int namespace_descriptor, uint32_t interface_index) {
    struct ifinfomsg link = {.ifi_family = AF_UNSPEC, .ifi_index = (int)interface_index};
    uint8_t mode = IN6_ADDR_GEN_MODE_NONE;
    struct request request;
    begin(&request, RTM_SETLINK, 0, &link, sizeof link);
    struct rtattr *families = append(&request, IFLA_AF_SPEC, NULL, 0);
    struct rtattr *family = append(&request, AF_INET6, NULL, 0);
    append(&request, IFLA_INET6_ADDR_GEN_MODE, &mode, sizeof mode);
    enclose(&request, family);
    enclose(&request, families);
    return perform(namespace_descriptor, &request);
}

int clinux_link_set_mtu(int namespace_descriptor, uint32_t interface_index, uint32_t mtu) {
    struct ifinfomsg link = {.ifi_family = AF_UNSPEC, .ifi_index = (int)interface_index};
    struct request request;
    begin(&request, RTM_SETLINK, 0, &link, sizeof link);
    append(&request, IFLA_MTU, &mtu, sizeof mtu);
    return perform(namespace_descriptor, &request);
}

int clinux_link_set_up(int namespace_descriptor, uint32_t interface_index, bool up) {
    struct ifinfomsg link = {
        .ifi_family = AF_UNSPEC,
        .ifi_index = (int)interface_index,
        .ifi_flags = up ? IFF_UP : 0,
        .ifi_change = IFF_UP,
    };
    struct request request;
    begin(&request, RTM_SETLINK, 0, &link, sizeof link);
    return perform(namespace_descriptor, &request);
}

int clinux_address_change(
    int namespace_descriptor, bool add, uint32_t interface_index, const uint8_t *address, uint8_t prefix_length) {
    struct ifaddrmsg message = {
        .ifa_family = AF_INET6,
        .ifa_prefixlen = prefix_length,
        .ifa_flags = IFA_F_NODAD,
        .ifa_index = interface_index,
    };
    struct request request;
    if (add) begin(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &message, sizeof message);
    else begin(&request, RTM_DELADDR, 0, &message, sizeof message);
    append(&request, IFA_LOCAL, address, 16);
    return perform(namespace_descriptor, &request);
}

int clinux_route_change(
    int namespace_descriptor, bool add, uint32_t interface_index, const uint8_t *prefix, uint8_t prefix_length,
    uint32_t metric) {
    struct rtmsg message = {
        .rtm_family = AF_INET6,
        .rtm_dst_len = prefix_length,
        .rtm_table = RT_TABLE_MAIN,
        .rtm_protocol = RTPROT_STATIC,
        .rtm_scope = RT_SCOPE_UNIVERSE,
        .rtm_type = RTN_UNICAST,
    };
    struct request request;
    if (add) begin(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &message, sizeof message);
    else begin(&request, RTM_DELROUTE, 0, &message, sizeof message);
    append(&request, RTA_DST, prefix, 16);
    append(&request, RTA_OIF, &interface_index, sizeof interface_index);
    if (metric > 0) append(&request, RTA_PRIORITY, &metric, sizeof metric);
    return perform(namespace_descriptor, &request);
}

int clinux_random(void *buffer, size_t count) {
    char *next = buffer;
    while (count > 0) {
        ssize_t filled = getrandom(next, count, 0);
        if (filled < 0) {
            if (errno == EINTR) continue;
            return -errno;
        }
        next += filled;
        count -= (size_t)filled;
    }
    return 0;
}

int clinux_terminal_columns(int descriptor) {
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) < 0 ? -errno : size.ws_col;
}

int clinux_spi_open(const char *path, uint32_t hertz, bool has_chip_select) {
    int descriptor = open(path, O_RDWR | O_CLOEXEC);
    if (descriptor < 0) return -errno;
    uint32_t mode = SPI_MODE_0 | (has_chip_select ? 0 : SPI_NO_CS);
    uint8_t bits = 8;
    if (ioctl(descriptor, SPI_IOC_WR_MODE32, &mode) < 0 || ioctl(descriptor, SPI_IOC_WR_BITS_PER_WORD, &bits) < 0
        || ioctl(descriptor, SPI_IOC_WR_MAX_SPEED_HZ, &hertz) < 0) {
        int failure = -errno;
        close(descriptor);
        return failure;
    }
    return descriptor;
}

int clinux_spi_exchange(int descriptor, const uint8_t *output, uint8_t *input, size_t count, uint32_t hertz) {
    struct spi_ioc_transfer transfer;
    memset(&transfer, 0, sizeof transfer);
    transfer.tx_buf = (uintptr_t)output;
    transfer.rx_buf = (uintptr_t)input;
    transfer.len = (uint32_t)count;
    transfer.speed_hz = hertz;
    return ioctl(descriptor, SPI_IOC_MESSAGE(1), &transfer) < 0 ? -errno : 0;
}

int clinux_gpio_label(int chip_descriptor, char *buffer) {
    struct gpiochip_info info;
    memset(&info, 0, sizeof info);
    if (ioctl(chip_descriptor, GPIO_GET_CHIPINFO_IOCTL, &info) < 0) return -errno;
    memcpy(buffer, info.label, sizeof info.label);
    buffer[sizeof info.label - 1] = 0;
    return 0;
}

int clinux_gpio_request(int chip_descriptor, uint32_t offset, enum clinux_gpio_direction direction) {
    struct gpio_v2_line_request request;
    memset(&request, 0, sizeof request);
    request.offsets[0] = offset;
    request.num_lines = 1;
    strcpy(request.consumer, "heddled");
    switch (direction) {
    case CLINUX_GPIO_INPUT: request.config.flags = GPIO_V2_LINE_FLAG_INPUT; break;
    case CLINUX_GPIO_INPUT_RISING:
        request.config.flags = GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING;
        break;
    case CLINUX_GPIO_OUTPUT_LOW:
    case CLINUX_GPIO_OUTPUT_HIGH:
        request.config.flags = GPIO_V2_LINE_FLAG_OUTPUT;
        request.config.num_attrs = 1;
        request.config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES;
        request.config.attrs[0].attr.values = direction == CLINUX_GPIO_OUTPUT_HIGH;
        request.config.attrs[0].mask = 1;
        break;
    }
    return ioctl(chip_descriptor, GPIO_V2_GET_LINE_IOCTL, &request) < 0 ? -errno : request.fd;
}

int clinux_gpio_get(int line_descriptor) {
    struct gpio_v2_line_values values = {.mask = 1};
    return ioctl(line_descriptor, GPIO_V2_LINE_GET_VALUES_IOCTL, &values) < 0 ? -errno : (int)(values.bits & 1);
}

int clinux_gpio_set(int line_descriptor, bool value) {
    struct gpio_v2_line_values values = {.bits = value, .mask = 1};
    return ioctl(line_descriptor, GPIO_V2_LINE_SET_VALUES_IOCTL, &values) < 0 ? -errno : 0;
}

// Serial ports.

static speed_t speed_of(uint32_t bits_per_second) {
    switch (bits_per_second) {
    case 9600: return B9600;
    case 19200: return B19200;
    case 38400: return B38400;
    case 57600: return B57600;
    case 115200: return B115200;
    case 230400: return B230400;
    case 460800: return B460800;
    case 921600: return B921600;
    default: return B0;
    }
}

// Raw, eight bits, no parity, no flow control; the lines that reset some boards are left as they are at the close.
static int make_raw(int descriptor, speed_t speed) {
    struct termios settings;
    if (tcgetattr(descriptor, &settings) < 0) return -errno;
    cfmakeraw(&settings);
    settings.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS | HUPCL);
    settings.c_cflag |= CLOCAL | CREAD;
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    if (cfsetspeed(&settings, speed) < 0) return -errno;
    if (tcsetattr(descriptor, TCSANOW, &settings) < 0) return -errno;
    // What came in before belongs to nobody.
    if (tcflush(descriptor, TCIOFLUSH) < 0) return -errno;
    return 0;
}

int clinux_serial_open(const char *path, uint32_t bits_per_second) {
    speed_t speed = speed_of(bits_per_second);
    if (speed == B0) return -EINVAL;
    int descriptor = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) return -errno;
    int result = ioctl(descriptor, TIOCEXCL) < 0 ? -errno : make_raw(descriptor, speed);
    if (result == 0) return descriptor;
    close(descriptor);
    return result;
}

int clinux_terminal_open(char *path, size_t size) {
    int descriptor = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return -errno;
    if (grantpt(descriptor) == 0 && unlockpt(descriptor) == 0) {
        int result = ptsname_r(descriptor, path, size);
        if (result == 0) return descriptor;
        errno = result;
    }
    int result = -errno;
    close(descriptor);
    return result;
}
