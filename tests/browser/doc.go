// Package browser holds the tests of what only a real browser can tell: that the charts of pkg/viz are drawn and can be used.
//
// A test writes a page, drive.mjs opens it in headless Chromium with the network cut and reports what a reader would see, and the test
// judges the report. Screenshots are left in build/shots.
package browser
