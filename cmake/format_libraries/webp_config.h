// Of what libwebp asks for nothing is there: neither threads nor instructions of one processor.
