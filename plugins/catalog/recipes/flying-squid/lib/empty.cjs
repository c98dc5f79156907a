// Stands in for the packages that squid.js leaves out; using one of them fails where it is used.
module.exports = {};
