/* What libjxl's own build writes for a library that is linked statically. */
#pragma once
#define JXL_EXPORT
#define JXL_NO_EXPORT
#define JXL_DEPRECATED
