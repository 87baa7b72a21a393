// A wire thread that fails while it runs.
setTimeout(() => {
  throw new Error('failed on purpose');
}, 100);
