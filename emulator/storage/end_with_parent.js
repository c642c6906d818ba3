// Loaded before Azurite: when standard input closes, the parent is gone (even after kill -9), so exit too.
process.stdin.on("end", () => process.exit(0));
process.stdin.resume();
process.stdin.unref(); // otherwise a stopped Azurite would wait for its input to end
