"""Reports as one HTML file each: no script, no request to anywhere, charts as inline SVG. It knows nothing of soaks."""
