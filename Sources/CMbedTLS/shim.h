#include <mbedtls/ccm.h>
#include <mbedtls/aes.h>
#include <mbedtls/cmac.h>
#include <mbedtls/md.h>
#include <mbedtls/sha256.h>
