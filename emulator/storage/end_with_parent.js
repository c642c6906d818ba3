// Loaded before Azurite: when standard input closes, the parent is gone (also after kill -9), and so are we.
process.stdin.on("end", () => process.exit(0));
process.stdin.resume();
process.stdin.unref(); // else an Azurite that was told to stop would wait for its input to end
