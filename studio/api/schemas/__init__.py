"""What goes in and out of the API, one resource a file. Refuses unknown members and text that no database column takes."""
