# Codecs of the readers in src/core/formats, from the distribution's sources as those of image_libraries.cmake, whose functions this
# file uses: library_source() and add_decoder().
