"""Make declarations out of patches by hand that a scan has found."""
